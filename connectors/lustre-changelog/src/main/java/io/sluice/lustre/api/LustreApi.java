package io.sluice.lustre.api;

import com.sun.jna.Memory;
import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.text.Text;
import io.sluice.lustre.Fid;
import io.sluice.lustre.LustreFormatException;
import io.sluice.lustre.hsm.HsmAction;
import io.sluice.lustre.hsm.HsmState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What Sluice asks of Lustre beyond POSIX, through {@code liblustreapi.so.1}. The library is loaded
 * by the first {@link #load}; who uses no Lustre mode does not need it. Safe for use by several
 * threads. A call may hang as long as a server is away.
 *
 * <p>Functions and structures are those of {@code lustreapi.h} and {@code lustre_user.h}; none is
 * used that Lustre 2.12 lacks.
 */
public final class LustreApi {
    /** {@code LL_SUPER_MAGIC}: the {@code f_type} of statfs(2) on Lustre. */
    public static final long SUPER_MAGIC = 0x0BD00BD0L;

    /**
     * How many files one HSM request may name. The client refuses a request (24 bytes, and 32 for
     * each file) that has not less than a third of {@code MDS_MAXREQSIZE}, which is 5 KiB.
     */
    public static final int MAX_REQUEST_FIDS = 52;

    /**
     * Names of one inode that {@link #fid2path} asks for; a link EA of 4 KiB holds about 200. A
     * bound for the loop alone.
     */
    private static final int MAX_LINKS = 65_536;

    /** {@code LLAPI_MSG_OFF}: what failed is in the exception, and standard error is not ours. */
    private static final int SILENT = 0;

    /** {@code LL_IOC_GET_MDTIDX}, _IOR('f', 175, int). */
    private static final long GET_MDT_INDEX = 0x800466AFL;

    private static final int ENOTTY = 25;
    private static final int ENODEV = 19;

    // struct hsm_request, followed by one struct hsm_user_item for each file
    private static final int REQUEST_BYTES = 24;
    private static final int REQUEST_ITEM_BYTES = 32;
    private static final long WHOLE_FILE = -1;

    private static LustreApi loaded;

    private final Llapi llapi;

    LustreApi(Llapi llapi) {
        this.llapi = llapi;
    }

    /**
     * @throws SluiceException in one line, if this host has no library
     */
    public static synchronized LustreApi load() {
        if (loaded == null) {
            LustreApi api = new LustreApi(Llapi.load(Llapi.LIBRARY));
            api.setMessageLevel(SILENT);
            loaded = api;
        }
        return loaded;
    }

    /**
     * How much the library says on standard error, for the whole process: {@code enum
     * llapi_message_level}, from 0, nothing, to 9. {@link #load} makes it 0.
     */
    public void setMessageLevel(int level) {
        llapi.callVoid("llapi_msg_set_level", level);
    }

    /**
     * The name of the Lustre filesystem that {@code path} lies on, or nothing where it lies on
     * none. The last part of the path need not exist.
     */
    public Optional<String> searchFsname(byte[] path) throws LustreException {
        try (Memory name = Llapi.string(path);
                Memory fsname = new Memory(Posix.PATH_MAX)) {
            fsname.clear();
            int result = llapi.call("llapi_search_fsname", name, fsname);
            return switch (-result) {
                case ENODEV, Errno.ENOENT, ENOTTY, Errno.EOPNOTSUPP -> Optional.empty();
                default -> {
                    check(result, "llapi_search_fsname", path);
                    yield Optional.of(new String(Llapi.bytes(fsname), StandardCharsets.UTF_8));
                }
            };
        }
    }

    /**
     * Begins to read an MDT's changelog.
     *
     * @param mdt such as {@code lustre-MDT0000}
     * @param startIndex the first record wanted. Where older ones than that are the oldest kept, it
     *     begins at the oldest in silence; where there is none yet, the log is at its end
     */
    public ChangelogReader changelogStart(String mdt, long startIndex) throws LustreException {
        return LibraryChangelogReader.start(llapi, mdt, startIndex);
    }

    /**
     * Tells the MDT that {@code user} needs no record up to {@code index} any more. An index that
     * was cleared before may be cleared again; that removes nothing, proves that the user is still
     * registered, resets its idle clock, and lets times and ACLs be recorded again.
     *
     * @param user such as {@code cl1}
     * @param index at least 1. 0 would mean everything, also what nobody has read
     * @throws LustreException with ENOENT if the user is not registered, or has cleared beyond
     *     {@code index}; with EINVAL if {@code index} has not been written yet
     */
    public void changelogClear(String mdt, String user, long index) throws LustreException {
        if (index < 1) {
            throw new IllegalArgumentException("clearing " + mdt + " up to index " + index);
        }
        try (Memory device = Llapi.string(mdt.getBytes(StandardCharsets.UTF_8));
                Memory id = Llapi.string(user.getBytes(StandardCharsets.UTF_8))) {
            int result = llapi.call("llapi_changelog_clear", device, id, index);
            if (result < 0) {
                throw new LustreException(
                        "llapi_changelog_clear", mdt + " " + user + " " + index, -result);
            }
        }
    }

    /**
     * All paths of an object, relative to the mounted directory, without a slash before them; that
     * of the mounted directory is empty. One call to the MDT for each.
     *
     * @param mount where Lustre is mounted
     * @throws LustreException with ENOENT if the object is gone, or lies outside of a mounted
     *     subdirectory
     */
    public List<byte[]> fid2path(byte[] mount, Fid fid) throws LustreException {
        byte[] text = fid.toString().getBytes(StandardCharsets.US_ASCII);
        List<byte[]> paths = new ArrayList<>();
        try (Memory device = Llapi.string(mount);
                Memory object = Llapi.string(text);
                Memory path = new Memory(Posix.PATH_MAX);
                Memory record = new Memory(Long.BYTES);
                Memory link = new Memory(Integer.BYTES)) {
            int asked = 0;
            while (paths.size() < MAX_LINKS) {
                path.setByte(0, (byte) 0);
                record.setLong(0, -1);
                link.setInt(0, asked);
                int result =
                        llapi.call(
                                "llapi_fid2path",
                                device,
                                object,
                                path,
                                Posix.PATH_MAX,
                                record,
                                link);
                // A name that went while we asked has a record of its own.
                boolean fewer = !paths.isEmpty() && isMissing(-result);
                if (fewer) {
                    break;
                }
                check(result, "llapi_fid2path", text);
                paths.add(relative(Llapi.bytes(path)));
                int next = link.getInt(0);
                if (next <= asked) {
                    break;
                }
                asked = next;
            }
        }
        return paths;
    }

    private static boolean isMissing(int errno) {
        return errno == Errno.ENOENT || errno == Errno.ENODATA;
    }

    /** The root is "/" or "", by version. */
    private static byte[] relative(byte[] path) {
        int start = 0;
        while (start < path.length && path[start] == '/') {
            start++;
        }
        return Arrays.copyOfRange(path, start, path.length);
    }

    /**
     * Where the data of an open file is. {@code fd} needs to be open for reading; asking recalls
     * nothing.
     *
     * @throws LustreException with ENOTTY for a directory
     */
    public HsmState hsmStateOf(int fd) throws LustreException {
        try (Memory state = new Memory(HsmState.USER_STATE_BYTES)) {
            state.clear();
            check(llapi.call("llapi_hsm_state_get_fd", fd, state), "llapi_hsm_state_get_fd", fd);
            return HsmState.ofUserState(state.getByteArray(0, HsmState.USER_STATE_BYTES));
        } catch (LustreFormatException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Asks the coordinators to do something with whole files. They begin in the background: success
     * means that all are queued.
     *
     * @param mount where Lustre is mounted
     * @param archiveId 0 for the filesystem's default, or for the one that has the file
     * @param fids at most {@value #MAX_REQUEST_FIDS}
     */
    public void hsmRequest(byte[] mount, HsmAction action, long archiveId, List<Fid> fids)
            throws LustreException {
        if (fids.isEmpty() || fids.size() > MAX_REQUEST_FIDS) {
            throw new IllegalArgumentException("an HSM request for " + fids.size() + " files");
        }
        byte[] request = request(action, archiveId, fids);
        try (Memory directory = Llapi.string(mount);
                Memory bytes = new Memory(request.length)) {
            bytes.write(0, request, 0, request.length);
            check(llapi.call("llapi_hsm_request", directory, bytes), "llapi_hsm_request", mount);
        }
    }

    private static byte[] request(HsmAction action, long archiveId, List<Fid> fids) {
        ByteBuffer request =
                ByteBuffer.allocate(REQUEST_BYTES + REQUEST_ITEM_BYTES * fids.size())
                        .order(ByteOrder.nativeOrder());
        request.putInt(action.number()).putInt(Math.toIntExact(archiveId));
        request.putLong(0).putInt(fids.size()).putInt(0);
        for (Fid fid : fids) {
            fid.write(request);
            request.putLong(0).putLong(WHOLE_FILE);
        }
        return request.array();
    }

    /**
     * How many OSTs the filesystem has, or MDTs. Of MDTs, some versions give the size of a table
     * instead: 64 where there are 2.
     *
     * @param mount where Lustre is mounted
     */
    public int getObdCount(byte[] mount, boolean mdts) throws LustreException {
        try (Memory directory = Llapi.string(mount);
                Memory count = new Memory(Integer.BYTES)) {
            count.setInt(0, 0);
            check(
                    llapi.call("llapi_get_obd_count", directory, count, mdts ? 1 : 0),
                    "llapi_get_obd_count",
                    mount);
            return count.getInt(0);
        }
    }

    /**
     * The index of the MDT that an open file or directory lies on. An ioctl, and no library.
     *
     * @throws LustreException with ENOTTY where it lies on no Lustre
     */
    public static int mdtIndexOf(int fd) throws LustreException {
        NativeBuffer index = new NativeBuffer(Integer.BYTES);
        check(Posix.ioctlOrErrno(fd, GET_MDT_INDEX, index), "LL_IOC_GET_MDTIDX", fd);
        return index.bytes().getInt(0);
    }

    private static void check(int result, String call, byte[] name) throws LustreException {
        if (result < 0) {
            throw new LustreException(call, Text.quote(name), -result);
        }
    }

    private static void check(int result, String call, int fd) throws LustreException {
        if (result < 0) {
            throw new LustreException(call, "on descriptor " + fd, -result);
        }
    }
}
