/**
 * Bacula's configuration: resources for the jobs of a set are written, and what the daemons have is
 * read and checked.
 */
package io.sluice.bacula.director;
