package io.sluice.pipeline.job;

import io.sluice.lustre.source.LustreSourceOptions;
import io.sluice.pipeline.index.IndexOptions;
import io.sluice.pipeline.report.CollectorOptions;
import io.sluice.ptcomm.writer.Receivers;
import io.sluice.ptcomm.writer.WriterOptions;
import io.sluice.scan.ScanOptions;

/**
 * A round as a job: the options of each part, and how many subtasks they get.
 *
 * @param changes what reads the filesystem's own logs, in place of the scan; null to scan
 * @param owed path of the owed file of the base, seen from wherever the job runs; null without a
 *     base
 * @param scanParallelism readers of the scan, which share the walk
 * @param indexParallelism subtasks of the index
 * @param writerParallelism subtasks of the shard writer; more than shards would be idle
 */
public record RoundSpec(
        ScanOptions scan,
        LustreSourceOptions changes,
        String owed,
        IndexOptions index,
        WriterOptions writer,
        Receivers receivers,
        CollectorOptions collector,
        int scanParallelism,
        int indexParallelism,
        int writerParallelism) {

    /** Slots that the job needs: with slot sharing, as many as its widest operator has subtasks. */
    public int slots() {
        return Math.max(scanParallelism, Math.max(indexParallelism, writerParallelism));
    }
}
