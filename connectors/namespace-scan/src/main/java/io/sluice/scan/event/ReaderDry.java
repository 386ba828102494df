package io.sluice.scan.event;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Reader to enumerator: everything that I was given is read and emitted. It asks for work and is
 * said once for each time that work ran out; a split is the answer that ends it.
 */
public record ReaderDry(long generation) implements SourceEvent {
    private static final long serialVersionUID = 1L;
}
