/**
 * The change source: reads the changelogs of all MDTs up to the round's end, and emits what the
 * filesystem says about the names that they point at.
 */
package io.sluice.lustre.source;
