/**
 * What a job is told to do: the keys of the Plugin line, which the environment and the site's file
 * know too.
 */
package io.sluice.bacula.config;
