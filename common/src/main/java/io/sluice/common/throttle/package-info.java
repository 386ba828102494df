/**
 * Caps that an operator, or a scheduler, sets on a running round by a small file: {@link
 * io.sluice.common.throttle.Throttle} watches it for the process, each thread asks its {@link
 * io.sluice.common.throttle.Turn}.
 */
package io.sluice.common.throttle;
