/** A job of a File Daemon, seen from the process behind its plugin: dialogue, stream, end. */
package io.sluice.bacula.job;
