package io.sluice.common.posix;

import java.util.Map;

/**
 * The filesystems in which the kernel shows its own state. They hold no files: sizes are made up
 * ({@code /proc/kcore} claims 128 TiB, all of {@code /sys} 4096 bytes), some files wait for ever
 * when they are read, and what is written back on a restore are commands.
 */
public final class PseudoFilesystem {
    /** By {@code f_type} of statfs(2): linux/magic.h, and the filesystems' own sources. */
    private static final Map<Long, String> NAMES =
            Map.ofEntries(
                    Map.entry(0x9fa0L, "proc"),
                    Map.entry(0x62656572L, "sysfs"),
                    Map.entry(0x0187L, "autofs"),
                    Map.entry(0x27e0ebL, "cgroup"),
                    Map.entry(0x63677270L, "cgroup2"),
                    Map.entry(0xcafe4a11L, "bpf"),
                    Map.entry(0x42494e4dL, "binfmt_misc"),
                    Map.entry(0x6c6f6f70L, "binder"),
                    Map.entry(0x62656570L, "configfs"),
                    Map.entry(0x64626720L, "debugfs"),
                    Map.entry(0x1cd1L, "devpts"),
                    Map.entry(0xde5e81e4L, "efivarfs"),
                    Map.entry(0x65735543L, "fusectl"),
                    Map.entry(0x958458f6L, "hugetlbfs"),
                    Map.entry(0x19800202L, "mqueue"),
                    Map.entry(0x6e667364L, "nfsd"),
                    Map.entry(0x6e736673L, "nsfs"),
                    Map.entry(0x6165676cL, "pstore"),
                    Map.entry(0x07655821L, "resctrl"),
                    Map.entry(0x67596969L, "rpc_pipefs"),
                    Map.entry(0x73636673L, "securityfs"),
                    Map.entry(0xf97cff8cL, "selinuxfs"),
                    Map.entry(0x43415d53L, "smackfs"),
                    Map.entry(0x74726163L, "tracefs"),
                    Map.entry(0xabba1974L, "xenfs"));

    private PseudoFilesystem() {}

    /** Its name, or null for a filesystem that holds files; {@code type} as statfs(2) has it. */
    public static String name(long type) {
        return NAMES.get(type & 0xffffffffL);
    }
}
