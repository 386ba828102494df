/**
 * The namespace scan: a FLIP-27 source that reads a mounted tree and emits its listings. {@code
 * split} is what work travels as, {@code enumerator} hands it out and sees the round's end, {@code
 * reader} walks, {@code event} is what the two say to each other.
 */
package io.sluice.scan;
