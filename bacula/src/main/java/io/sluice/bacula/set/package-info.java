/**
 * The N jobs of one set: how they meet, what their rounds were, and which round the next one goes
 * on from.
 */
package io.sluice.bacula.set;
