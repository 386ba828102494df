package io.sluice.common.round;

/** What the parts of a round tell its collector, for the report and the owed file. */
public sealed interface RoundEvent permits Owed, Failure, Tally, Receipt {}
