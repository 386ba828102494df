/** Hierarchical storage: where a file's data is, and what can be asked of the coordinator. */
package io.sluice.lustre.hsm;
