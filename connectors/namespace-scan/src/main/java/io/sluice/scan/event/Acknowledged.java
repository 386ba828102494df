package io.sluice.scan.event;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to a reader: I have what you gave up. It is ordered with checkpoints: one that comes
 * before a checkpoint's barrier means that the enumerator's, or another reader's, part of that
 * checkpoint holds it.
 */
public record Acknowledged(long generation, long sequence) implements SourceEvent {
    private static final long serialVersionUID = 1L;
}
