package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.ptcomm.fd.FdDialer;
import io.sluice.ptcomm.fd.FdLeases;
import io.sluice.ptcomm.writer.Receivers;
import java.io.IOException;
import java.util.List;

/**
 * The bridges of a round, if its streams go to some: as long as this is open they wait for its
 * writers. What is closed without having been released is given up.
 */
final class HeldBridges implements AutoCloseable {
    private final List<String> addresses;
    private final FdLeases leases;
    private boolean released;
    private String reason = "the backup ended without its round";

    private HeldBridges(List<String> addresses, FdLeases leases) {
        this.addresses = addresses;
        this.leases = leases;
    }

    /**
     * @throws SluiceException if one cannot be reached, or refuses
     */
    static HeldBridges of(Receivers receivers) {
        if (!(receivers instanceof FdDialer dialer)) {
            return new HeldBridges(List.of(), null);
        }
        try {
            return new HeldBridges(
                    dialer.addresses().stream().map(Object::toString).toList(),
                    FdLeases.take(dialer));
        } catch (IOException e) {
            throw new SluiceException(e.getMessage(), e);
        }
    }

    /** {@code HOST:PORT} of each shard's; empty where the streams go into the archive. */
    List<String> addresses() {
        return addresses;
    }

    /**
     * The round stands.
     *
     * @param entries of each shard's stream
     */
    void release(String savepoint, List<Long> entries) {
        if (leases == null) {
            return;
        }
        try {
            leases.release(savepoint, entries);
            released = true;
        } catch (IOException e) {
            throw new SluiceException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SluiceException("interrupted while the bridges were released", e);
        }
    }

    /**
     * @throws SluiceException if one is lost: then so is its job, and the round
     */
    void check() {
        String lost = leases == null ? null : leases.lost();
        if (lost != null) {
            throw new SluiceException(lost);
        }
    }

    /** Why the round does not stand, for the bridges' logs. */
    void failed(Throwable failure) {
        reason = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    }

    @Override
    public void close() {
        if (leases != null) {
            if (!released) {
                leases.abort(reason);
            }
            leases.close();
        }
    }
}
