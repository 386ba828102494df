/**
 * Restores what an FD plugin gives back: its frames become calls of a {@link
 * io.sluice.restore.StreamRestore}, and what that tells becomes lines of the job's log.
 */
package io.sluice.bacula.restore;
