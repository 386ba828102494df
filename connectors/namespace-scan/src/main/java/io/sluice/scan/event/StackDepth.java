package io.sluice.scan.event;

import org.apache.flink.api.connector.source.SourceEvent;

/** Reader to enumerator, at most once a second: how many directories wait on my stack. */
public record StackDepth(long generation, int directories) implements SourceEvent {
    private static final long serialVersionUID = 1L;
}
