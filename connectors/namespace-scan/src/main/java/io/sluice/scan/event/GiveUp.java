package io.sluice.scan.event;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to a reader: others have nothing to do; give up a part of what waits on your stack.
 */
public record GiveUp(long generation) implements SourceEvent {
    private static final long serialVersionUID = 1L;
}
