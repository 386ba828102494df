package io.sluice.bacula.job;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Mode;
import io.sluice.bacula.config.PluginLine;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.Site;
import io.sluice.bacula.config.ThisRelease;
import io.sluice.bacula.restore.FdRestore;
import io.sluice.bacula.restore.RestoreJob;
import io.sluice.bacula.set.RoundOrder;
import io.sluice.common.SluiceException;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.round.Content;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * The process behind one Plugin line of one job, from the FD's hello to its end. One thread, but
 * for {@link #cancel}.
 */
public final class Backend {
    private static final long PROGRESS_MS = 300_000;

    private final FrameReader in;
    private final FdOutput out;
    private final Supplier<Site> site;
    private final List<String> roundCommand;

    // Guarded by this.
    private BackupJob backup;
    private String cancelled;

    /**
     * @param site what environment and file say; asked for when the job is known
     * @param roundCommand that runs {@link io.sluice.bacula.set.RoundMain}
     */
    public Backend(
            ReadableByteChannel in,
            WritableByteChannel out,
            Supplier<Site> site,
            List<String> roundCommand) {
        this.in = new FrameReader(in);
        this.out = new FdOutput(out);
        this.site = site;
        this.roundCommand = List.copyOf(roundCommand);
    }

    /**
     * Serves the job.
     *
     * @throws IOException if the FD breaks off before the job has begun
     */
    public void run() throws IOException, InterruptedException {
        try {
            serve();
        } catch (EOFException e) {
            // The FD has no use for it any more.
            return;
        } catch (SluiceException | IOException e) {
            out.abort(e.getMessage());
        } catch (RuntimeException | Error e) {
            out.abort("the backend failed: " + e);
            throw e;
        }
    }

    private void serve() throws IOException, InterruptedException {
        Dialogue dialogue = new Dialogue(in, out);
        Dialect dialect = dialogue.hello();
        JobInfo job = dialogue.job(dialect);
        if (job.type() == 'R') {
            Settings settings = ofRestore(dialogue.params(dialect));
            dialogue.start();
            restore(job, settings);
            return;
        }
        Settings settings = Settings.of(dialogue.params(dialect), site.get());
        requireKnown(settings, dialect);
        if (dialect == Dialect.SLUICE && job.type() == 'B') {
            // The plugin answers for these names alone when an accurate job asks who is left.
            out.pathCommand("PREFIX:", RoundOrder.prefix(settings));
        }
        Dialogue.Start start = dialogue.start();
        if (start == Dialogue.Start.RESTORE) {
            throw new SluiceException("RestoreStart in a job of type " + job.type());
        } else if (settings.get(Keys.MODE) == Mode.HANDSHAKE) {
            handshake(job, settings);
        } else if (start == Dialogue.Start.BACKUP) {
            backup(job, settings);
        } else {
            estimate(job, settings);
        }
    }

    /** A restore may bring entries of several lines, and the plugin none of them here. */
    private Settings ofRestore(PluginLine line) {
        try {
            return Settings.of(line, site.get());
        } catch (SluiceException e) {
            return Settings.of(site.get());
        }
    }

    private void restore(JobInfo job, Settings settings) throws IOException, InterruptedException {
        String namespace = settings.get(Keys.NAMESPACE);
        // On this host, as its working files are: the sets may lie on a shared filesystem.
        Path work =
                Path.of(new String(settings.get(Keys.STATE_DIR), StandardCharsets.UTF_8))
                        .resolve("restores");
        Files.createDirectories(work);
        new FdRestore(
                        new RestoreJob(
                                job.name(),
                                Long.toString(job.id()),
                                bytes(job.where()),
                                String.valueOf(job.replace()),
                                bytes(namespace.equals("none") ? "" : namespace),
                                work,
                                job.dialect() == Dialect.STOCK
                                        ? RestoreJob.Dialogue.STOCK
                                        : RestoreJob.Dialogue.STREAM),
                        FilesystemHooks.at(bytes(job.where()), false))
                .run(in, out.channel());
        end();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** What is not done is said before anything begins. */
    private static void requireKnown(Settings settings, Dialect dialect) {
        ThisRelease.require(settings);
        if (dialect == Dialect.STOCK && settings.get(Keys.CONTENT).content() != Content.FULL) {
            throw new SluiceException(
                    "content=metadata needs sluice-fd.so: Bacula's own metaplugin cannot tell a file"
                            + " without data from an empty one");
        }
    }

    private void handshake(JobInfo job, Settings settings) throws IOException {
        out.message(
                JobMessage.INFORMATION,
                "handshake: plugin and backend understand each other; job "
                        + job.name()
                        + ", shard "
                        + settings.get(Keys.SHARD)
                        + " of set "
                        + settings.set());
        out.end();
        end();
    }

    /** END, and the end. */
    private void end() throws IOException {
        if (in.next() && in.letter() == Frame.COMMAND) {
            out.end();
            while (in.next() && in.letter() != Frame.TERMINATE) {
                // Nothing more is due.
            }
        }
    }

    private void estimate(JobInfo job, Settings settings) throws IOException, InterruptedException {
        new EstimateJob(job, settings, out).run();
        out.end();
        end();
    }

    private void backup(JobInfo job, Settings settings) throws IOException, InterruptedException {
        BackupJob begun = new BackupJob(this, job, settings, in, out);
        synchronized (this) {
            backup = begun;
            if (cancelled != null) {
                begun.cancel(cancelled);
            }
        }
        begun.run();
    }

    /** Ends the job, from any thread. */
    public synchronized void cancel(String why) {
        cancelled = why;
        if (backup != null) {
            backup.cancel(why);
        }
    }

    List<String> roundCommand() {
        return roundCommand;
    }

    long progressMs() {
        return PROGRESS_MS;
    }

    /** Where a bridge listens: on the loopback, unless the set is served by several hosts. */
    InetAddress address(Settings settings) {
        if (settings.get(Keys.SHARED_DIR) == null) {
            return InetAddress.getLoopbackAddress();
        }
        try {
            InetAddress named = InetAddress.getLocalHost();
            if (!named.isLoopbackAddress()) {
                return named;
            }
        } catch (UnknownHostException e) {
            // Its interfaces know better.
        }
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(each -> !each.isLoopbackAddress() && !each.isLinkLocalAddress())
                    .findFirst()
                    .orElseGet(InetAddress::getLoopbackAddress);
        } catch (SocketException e) {
            return InetAddress.getLoopbackAddress();
        }
    }
}
