package io.sluice.lustre.api;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import io.sluice.common.SluiceException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The library's functions by their names. Called through JNA's {@link Function} and not mapped to a
 * class: JNA never lets go of a class that it has mapped, and each job on a Flink cluster brings
 * its own. That costs about a microsecond a call, where a call asks a server.
 *
 * <p>Safe for use by several threads, as the library is: it keeps nothing of its own between calls
 * but the message level.
 */
final class Llapi {
    /** The same in all 2.x; the name without a number is a developer's package. */
    static final String LIBRARY = "liblustreapi.so.1";

    private final String name;
    private final NativeLibrary library;
    private final Map<String, Function> functions = new ConcurrentHashMap<>();

    private Llapi(String name, NativeLibrary library) {
        this.name = name;
        this.library = library;
    }

    /**
     * @throws SluiceException if there is none, or it cannot be loaded
     */
    static Llapi load(String name) {
        try {
            return new Llapi(name, NativeLibrary.getInstance(name));
        } catch (UnsatisfiedLinkError e) {
            throw new SluiceException(
                    name
                            + ": cannot be loaded ("
                            + reason(e)
                            + "); install the Lustre client's library on every host that runs"
                            + " Sluice, or name its directory in LD_LIBRARY_PATH",
                    e);
        }
    }

    /** JNA says that it cannot, then on a line for each place why. */
    private static String reason(UnsatisfiedLinkError e) {
        String[] lines = String.valueOf(e.getMessage()).split("\n", -1);
        return lines[Math.min(1, lines.length - 1)].strip();
    }

    /**
     * Calls {@code function}, with {@code Integer}s, {@code Long}s and {@code Pointer}s.
     *
     * @return what it returns: for nearly all 0 or {@code -errno}
     * @throws SluiceException if the library has no such function
     */
    int call(String function, Object... arguments) {
        return function(function).invokeInt(arguments);
    }

    void callVoid(String function, Object... arguments) {
        function(function).invokeVoid(arguments);
    }

    private Function function(String function) {
        Function known = functions.get(function);
        if (known != null) {
            return known;
        }
        try {
            Function found = library.getFunction(function);
            functions.put(function, found);
            return found;
        } catch (UnsatisfiedLinkError e) {
            throw new SluiceException(
                    name + ": it has no " + function + "; Lustre 2.12 or newer is needed", e);
        }
    }

    /** {@code text} as a C string; to be closed. */
    static Memory string(byte[] text) {
        Memory memory = new Memory(text.length + 1L);
        memory.write(0, text, 0, text.length);
        memory.setByte(text.length, (byte) 0);
        return memory;
    }

    /** The bytes before the first NUL, or all of {@code memory} if there is none. */
    static byte[] bytes(Memory memory) {
        byte[] all = memory.getByteArray(0, (int) memory.size());
        int length = 0;
        while (length < all.length && all[length] != 0) {
            length++;
        }
        return Arrays.copyOf(all, length);
    }

    /** Room for a pointer that the library sets, empty; to be closed. */
    static Memory pointer() {
        Memory memory = new Memory(Long.BYTES);
        memory.setPointer(0, Pointer.NULL);
        return memory;
    }
}
