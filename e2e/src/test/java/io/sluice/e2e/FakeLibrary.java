package io.sluice.e2e;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The fake liblustreapi.so.1 as a program calls it: what its functions give, by its own sizes. */
final class FakeLibrary {
    private static final int RECORD_BYTES = 952;
    private static final int PATH_BYTES = 4096;

    private final NativeLibrary library;

    FakeLibrary(FakeLustre lustre) throws java.io.IOException {
        library =
                NativeLibrary.getInstance(
                        FakeLustre.libraries().resolve("liblustreapi.so.1").toString());
        Function level = library.getFunction("llapi_msg_set_level");
        level.invokeVoid(new Object[] {0});
    }

    private int call(String name, Object... arguments) {
        return library.getFunction(name).invokeInt(arguments);
    }

    String fsname(String path) {
        Memory name = new Memory(9);
        int result = call("llapi_search_fsname", path, name);
        return result == 0 ? name.getString(0) : Integer.toString(result);
    }

    int clear(String device, String id, long last) {
        return call("llapi_changelog_clear", device, id, last);
    }

    /** The records from that index on, each with room behind it, up to the log's end. */
    List<byte[]> records(String device, int sendFlags, int extraFlags, long first) {
        PointerByReference reader = new PointerByReference();
        int result = call("llapi_changelog_start", reader, sendFlags, device, first);
        if (result != 0) {
            throw new IllegalStateException("start: " + result);
        }
        List<byte[]> records = new ArrayList<>();
        try {
            call("llapi_changelog_set_xflags", reader.getValue(), extraFlags);
            PointerByReference record = new PointerByReference();
            while ((result = call("llapi_changelog_recv", reader.getValue(), record)) == 0) {
                records.add(record.getValue().getByteArray(0, RECORD_BYTES));
                call("llapi_changelog_free", record);
            }
        } finally {
            call("llapi_changelog_fini", reader);
        }
        if (result != 1) {
            throw new IllegalStateException("recv: " + result);
        }
        return records;
    }

    /** 0, or what it fails with. */
    int start(String device) {
        PointerByReference reader = new PointerByReference();
        int result = call("llapi_changelog_start", reader, 0, device, 0L);
        if (result == 0) {
            call("llapi_changelog_fini", reader);
        }
        return result;
    }

    /** Each path of it. */
    List<String> paths(String mount, String fid) {
        List<String> paths = new ArrayList<>();
        IntByReference link = new IntByReference(0);
        int before;
        do {
            before = link.getValue();
            Memory path = new Memory(PATH_BYTES);
            int result =
                    call(
                            "llapi_fid2path",
                            mount,
                            fid,
                            path,
                            PATH_BYTES,
                            new LongByReference(-1),
                            link);
            paths.add(result == 0 ? path.getString(0) : Integer.toString(result));
        } while (link.getValue() > before);
        return paths;
    }

    String fid(String path) {
        Memory fid = new Memory(16);
        int result = call("llapi_path2fid", path, fid);
        return result == 0
                ? String.format("[0x%x:0x%x:0x%x]", fid.getLong(0), fid.getInt(8), fid.getInt(12))
                : Integer.toString(result);
    }

    /** The words of struct hsm_user_state, or one negative errno. */
    List<Integer> hsmState(String path) {
        Memory state = new Memory(32);
        int result = call("llapi_hsm_state_get", path, state);
        return result == 0
                ? List.of(state.getInt(0), state.getInt(4), state.getInt(8), state.getInt(12))
                : List.of(result);
    }

    int currentAction(String path) {
        Memory action = new Memory(24);
        int result = call("llapi_hsm_current_action", path, action);
        return result == 0 ? action.getInt(4) : result;
    }

    int restore(String mount, List<String> fids) {
        ByteBuffer request =
                ByteBuffer.allocate(24 + 32 * fids.size()).order(ByteOrder.LITTLE_ENDIAN);
        request.putInt(11).putInt(0).putLong(0).putInt(fids.size()).putInt(0);
        for (String fid : fids) {
            String[] words = fid.substring(1, fid.length() - 1).split(":", -1);
            request.putLong(Long.decode(words[0]));
            request.putInt(Integer.decode(words[1])).putInt(0).putLong(0).putLong(-1);
        }
        Memory memory = new Memory(request.capacity());
        memory.write(0, request.array(), 0, request.capacity());
        return call("llapi_hsm_request", mount, (Pointer) memory);
    }

    /** Of an open file or directory, by ioctl(2). */
    int mdtOf(int fd) {
        IntByReference index = new IntByReference();
        int result = call("llapi_file_fget_mdtidx", fd, index);
        return result == 0 ? index.getValue() : result;
    }

    /**
     * @param fd of anything of the filesystem
     */
    int mdtOf(int fd, String fid) {
        String[] words = fid.substring(1, fid.length() - 1).split(":", -1);
        Memory bytes = new Memory(16);
        bytes.setLong(0, Long.decode(words[0]));
        bytes.setInt(8, Integer.decode(words[1]));
        bytes.setInt(12, 0);
        IntByReference index = new IntByReference();
        int result = call("llapi_get_mdt_index_by_fid", fd, bytes, index);
        return result == 0 ? index.getValue() : result;
    }

    int osts(String mount) {
        IntByReference count = new IntByReference();
        int result = call("llapi_get_obd_count", mount, count, 0);
        return result == 0 ? count.getValue() : result;
    }
}
