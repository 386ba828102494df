package io.sluice.scan.event;

import org.apache.flink.api.connector.source.SourceEvent;

/** Enumerator to each reader: all readers are dry and there is no more work. */
public record RoundOver(long generation) implements SourceEvent {
    private static final long serialVersionUID = 1L;
}
