package io.sluice.ptcomm.writer;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * Lets parts of one file be read from its devices with one read at a time on each: a device that is
 * asked for two places at once only seeks between them. Parts wait behind those of their device.
 * Any thread; bounded by whoever adds.
 */
final class Lanes {
    private final ReaderPool readers;
    private final Map<Integer, Queue<ReadAhead.Part>> waiting = new HashMap<>();
    private final Set<Integer> busy = new HashSet<>();

    Lanes(ReaderPool readers) {
        this.readers = readers;
    }

    /** Has a part read, at once or when its device is free. */
    synchronized void add(ReadAhead.Part part) {
        if (busy.add(part.device())) {
            readers.read(part);
        } else {
            waiting.computeIfAbsent(part.device(), device -> new ArrayDeque<>()).add(part);
        }
    }

    /**
     * A part has been read.
     *
     * @param worker that read it
     * @return the next of its device, if the same worker is to read it; another may take so long to
     *     wake up that the device stands still. Null if there is none, or others wait for a worker
     */
    synchronized ReadAhead.Part free(int device, ReaderPool.Worker worker) {
        Queue<ReadAhead.Part> queue = waiting.get(device);
        ReadAhead.Part next = queue == null ? null : queue.poll();
        if (next == null) {
            busy.remove(device);
            return null;
        }
        if (worker.isAwaited()) {
            readers.read(next);
            return null;
        }
        next.asked();
        return next;
    }

    /** None that waits is read any more. */
    synchronized void clear() {
        waiting.clear();
    }
}
