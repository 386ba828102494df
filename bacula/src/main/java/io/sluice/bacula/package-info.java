/**
 * What Sluice has to do with Bacula: the process behind a File Daemon's job, the sets of such jobs,
 * and the Director's configuration.
 */
package io.sluice.bacula;
