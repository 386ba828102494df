package io.sluice.bacula.job;

/** What the FD side of a dialogue understands. */
public enum Dialect {
    /** {@code sluice-fd.so}: the stream of docs/formats.md, as it is. */
    SLUICE,
    /** Bacula's own metaplugin: stock PTCOMM. */
    STOCK
}
