package io.sluice.scan.event;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to reader, once after each registration: the number of this life of the reader, which
 * its words carry. What an earlier life said does not count.
 */
public record ReaderAdmitted(long generation) implements SourceEvent {
    private static final long serialVersionUID = 1L;
}
