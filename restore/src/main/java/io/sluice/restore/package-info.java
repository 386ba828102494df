/**
 * Writes the entries of a round back, below one target directory only, and compares a round with a
 * live tree.
 *
 * <p>The way of a restore: {@link io.sluice.restore.Restore} opens the {@link
 * io.sluice.restore.Target} and reads every shard's stream in a thread of its own into a {@link
 * io.sluice.restore.Restorer}; links and directories' attributes go to journals; the links are made
 * after each stream, those without their data by a {@link io.sluice.restore.LinkRestorer}'s second
 * reading; the directories' attributes come last.
 */
package io.sluice.restore;
