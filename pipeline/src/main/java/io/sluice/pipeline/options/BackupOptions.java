package io.sluice.pipeline.options;

import io.sluice.common.SluiceException;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.round.Content;
import io.sluice.common.text.Text;
import io.sluice.lustre.source.LustreDevices;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.launch.Mode;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.fd.BridgeAddress;
import io.sluice.ptcomm.fd.Secret;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a round is asked to do: the words that every command that runs one has in common. */
public final class BackupOptions {
    private static final int MAX_SHARDS = 256;
    private static final int MAX_WORKERS = 1024;

    /** Of the command that these options are mixed into. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            converter = PathArgument.class,
            names = "--to",
            required = true,
            paramLabel = "ARCHIVE",
            description =
                    "The archive: a directory, made when missing. With --fd it holds only what the next round must know.")
    private String archive;

    @Option(
            names = "--fd",
            paramLabel = "HOST:PORT",
            split = ",",
            description =
                    "Stream to these bridges, one for each shard, instead of into the archive; see 'sluice fd-bridge'.")
    private List<String> bridges = List.of();

    @Option(
            converter = PathArgument.class,
            names = "--secret-file",
            paramLabel = "FILE",
            description = "What the bridges of --fd know too; mode 600, 16 characters or more.")
    private String secretFile;

    @Mixin private TlsOptions tls;

    @Option(
            names = "--shards",
            paramLabel = "N",
            description =
                    "Streams, 1 to 256 (default: the archive's, for a new one the number of cores, at most 4).")
    private int shards;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description =
                    "Metadata calls in flight, 1 to 1024 (default: 4 for each core, at most 64).")
    private int workers;

    @Option(
            names = "--level",
            paramLabel = "full|incremental|differential|auto",
            defaultValue = "auto",
            converter = LevelConverter.class,
            description =
                    "Whether to store everything, what changed since the last round, or since the last full one;"
                            + " auto: incremental where there is a round to go on from (default: ${DEFAULT-VALUE}).")
    private Level level;

    @Option(
            names = "--mode",
            paramLabel = "posix|lustre|lustre-changelog",
            defaultValue = "posix",
            converter = ModeConverter.class,
            description =
                    "Where to learn what has changed: from a walk, from one on Lustre, or from the changelogs"
                            + " of Lustre's MDTs (default: ${DEFAULT-VALUE}).")
    private Mode mode;

    @Option(
            names = "--lustre-device",
            paramLabel = "MDT:USER",
            description =
                    "For lustre-changelog: each MDT and the user that reads its changelog, such as"
                            + " fs-MDT0000:cl1,fs-MDT0001:cl3 (default: SLUICE_CL_DEVICE in the environment; where"
                            + " an MDT names no user, SLUICE_CL_USER).")
    private String lustreDevice;

    @Option(
            names = "--lustre-since",
            paramLabel = "MDT:RECORD",
            description =
                    "For lustre-changelog: read these changelogs again from an earlier record than the round before"
                            + " noted, such as fs-MDT0000:120; where that is not kept, the whole tree is looked at"
                            + " (default: SLUICE_CL_SINCE in the environment).")
    private String lustreSince;

    @Option(
            names = "--accept-deletes",
            description =
                    "Delete from the backup what is gone, however much that is. Without it, more than a fifth"
                            + " (and 1,000 names), or more than half, is kept.")
    private boolean acceptDeletes;

    @Option(
            names = "--content",
            paramLabel = "full|metadata",
            defaultValue = "full",
            converter = ContentConverter.class,
            description = "Whether to store the files' data (default: ${DEFAULT-VALUE}).")
    private Content content;

    @Option(
            names = "--compress",
            paramLabel = "zstd|none",
            defaultValue = "zstd",
            converter = CompressionConverter.class,
            description = "How to compress (default: ${DEFAULT-VALUE}).")
    private Compression compression;

    @Option(
            names = "--exclude",
            paramLabel = "PATTERN",
            description =
                    "Leave out what matches, by the rules of gitignore, relative to PATH; may be repeated.")
    private List<String> patterns = List.of();

    @Option(
            names = "--exclude-file",
            paramLabel = "FILE",
            description = "Leave out what the patterns of FILE match; may be repeated.")
    private List<String> patternFiles = List.of();

    @Option(
            names = "--exclude-if-present",
            paramLabel = "NAME",
            description =
                    "Leave out what lies beside a file NAME, not its directory and itself; may be repeated.")
    private List<String> markers = List.of();

    @Option(
            names = "--cross-mounts",
            description = "Also back up the filesystems that are mounted below PATH.")
    private boolean crossMounts;

    @Option(
            names = "--one-file-system",
            description = "Stay on the filesystem of PATH; this is the default.")
    private boolean oneFileSystem;

    @Option(names = "--allow-empty", description = "Also back up a directory that holds nothing.")
    private boolean allowEmpty;

    @Option(
            converter = PathArgument.class,
            names = "--throttle",
            paramLabel = "FILE",
            description =
                    "Caps on threads, reads and pace, obeyed while the round runs (default: SLUICE_THROTTLE_PATH in the"
                            + " environment, else /var/lib/sluice/throttle.toml); FILE need not be there.")
    private String throttle;

    @Mixin private HsmArguments hsm;

    static final class ModeConverter extends WordConverter<Mode> {
        ModeConverter() {
            super(Mode::text, Mode.values());
        }
    }

    static final class LevelConverter extends WordConverter<Level> {
        LevelConverter() {
            super(Level::text, Level.values());
        }
    }

    static final class ContentConverter extends WordConverter<Content> {
        ContentConverter() {
            super(Content::text, Content.values());
        }
    }

    static final class CompressionConverter extends WordConverter<Compression> {
        CompressionConverter() {
            super(Compression::text, Compression.values());
        }
    }

    /** The archive's path, as given. */
    public byte[] archive() {
        return RawArguments.bytes(archive);
    }

    /**
     * What is asked for.
     *
     * @param path of the tree
     * @param into path of the archive
     * @throws ParameterException if the options contradict each other
     * @throws io.sluice.common.SluiceException for a file that cannot be read
     */
    public BackupRequest request(byte[] path, byte[] into) {
        range("--shards", shards, MAX_SHARDS);
        range("--workers", workers, MAX_WORKERS);
        if (crossMounts && oneFileSystem) {
            throw new ParameterException(
                    spec.commandLine(), "--cross-mounts and --one-file-system exclude each other");
        }
        BackupRequest.Bridges to = bridges();
        Excludes excludes = new ExcludeArguments(spec).read(patterns, patternFiles, markers);
        return BackupRequest.of(path, into)
                .withLevel(level)
                .withAcceptDeletes(acceptDeletes)
                .withShards(shards)
                .withWorkers(workers)
                .withContent(content, compression)
                .withCoverage(excludes, crossMounts, allowEmpty)
                .withBridges(to)
                .withSource(source())
                .withFilesystem(filesystem())
                .withThrottle(throttle == null ? null : absolute(RawArguments.bytes(throttle)))
                .build();
    }

    /** The path as other processes understand it: a TaskManager's working directory is another. */
    private static byte[] absolute(byte[] path) {
        if (path[0] == '/') {
            return path;
        }
        byte[] here;
        try {
            here = Posix.readlink(Posix.AT_FDCWD, RawArguments.bytes("/proc/self/cwd"));
        } catch (PosixException e) {
            throw new SluiceException(
                    "cannot tell where --throttle "
                            + Text.quote(path)
                            + " is: "
                            + e.getMessage()
                            + "; give its absolute path",
                    e);
        }
        byte[] absolute = Arrays.copyOf(here, here.length + 1 + path.length);
        absolute[here.length] = '/';
        System.arraycopy(path, 0, absolute, here.length + 1, path.length);
        return absolute;
    }

    private BackupRequest.Filesystem filesystem() {
        if (mode == Mode.POSIX) {
            hsm.refuse("--mode lustre or lustre-changelog");
            return BackupRequest.Filesystem.ANY;
        }
        return BackupRequest.Filesystem.lustre(hsm.options());
    }

    private BackupRequest.Source source() {
        if (mode != Mode.LUSTRE_CHANGELOG) {
            refuseInOtherModes("--lustre-device", lustreDevice);
            refuseInOtherModes("--lustre-since", lustreSince);
            return new BackupRequest.Source(mode, Map.of());
        }
        Map<String, String> environment = System.getenv();
        String devices = lustreDevice == null ? environment.get("SLUICE_CL_DEVICE") : lustreDevice;
        String since = lustreSince == null ? environment.get("SLUICE_CL_SINCE") : lustreSince;
        String option = "--lustre-device: ";
        try {
            Map<String, String> users =
                    LustreDevices.parse(devices, environment.get("SLUICE_CL_USER"));
            option = "--lustre-since: ";
            return new BackupRequest.Source(mode, users, LustreDevices.parseSince(since));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option + e.getMessage(), e);
        }
    }

    private void refuseInOtherModes(String option, String value) {
        if (value != null) {
            throw new ParameterException(
                    spec.commandLine(), option + " needs --mode lustre-changelog");
        }
    }

    /** Where the streams go; null for the archive. */
    private BackupRequest.Bridges bridges() {
        if (bridges.isEmpty()) {
            if (secretFile != null) {
                throw new ParameterException(spec.commandLine(), "--secret-file needs --fd");
            }
            if (tls.isGiven()) {
                throw new ParameterException(spec.commandLine(), "--tls-key-store needs --fd");
            }
            return null;
        }
        if (secretFile == null) {
            throw new ParameterException(spec.commandLine(), "--fd needs --secret-file");
        }
        if (shards > 0 && shards != bridges.size()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--shards "
                            + shards
                            + " and "
                            + bridges.size()
                            + " bridges: leave out --shards");
        }
        if (bridges.size() > MAX_SHARDS) {
            throw new ParameterException(
                    spec.commandLine(), "--fd takes at most " + MAX_SHARDS + " bridges");
        }
        List<BridgeAddress> addresses = new ArrayList<>();
        for (String bridge : bridges) {
            try {
                BridgeAddress address = BridgeAddress.parse(bridge);
                if (addresses.contains(address)) {
                    throw new IllegalArgumentException("'" + bridge + "' is there twice");
                }
                addresses.add(address);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--fd: " + e.getMessage(), e);
            }
        }
        return new BackupRequest.Bridges(
                addresses,
                tls.transports(spec.commandLine()),
                Secret.of(RawArguments.path(secretFile)));
    }

    /** Zero is the default, and not for the user to say. */
    private void range(String option, int value, int max) {
        boolean given = spec.commandLine().getParseResult().hasMatchedOption(option);
        if (given && (value < 1 || value > max)) {
            throw new ParameterException(
                    spec.commandLine(), option + " must be 1 to " + max + ", not " + value);
        }
    }
}
