package io.sluice.restore;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.XattrReader;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.codec.AttributeBlock;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares an entry's attribute blocks with what the live entry has. Memory: one list of names and
 * one value. Not thread-safe.
 */
final class LiveAttributes {
    /** Of a value, in a difference's text: what is longer is cut, and told by its length. */
    private static final int SHOWN_BYTES = 48;

    private static final byte[] SELF = {'.'};
    private static final String ABSENT = "absent";

    private final VerifyTally tally;
    private final XattrReader reader = new XattrReader();

    /** Live names that no block has answered yet. */
    private final Set<byte[]> unanswered = new TreeSet<>(Arrays::compareUnsigned);

    private byte[] path;
    private boolean open;

    LiveAttributes(VerifyTally tally) {
        this.tally = tally;
    }

    /** The entry has nothing to compare with. */
    void none() {
        open = false;
        unanswered.clear();
    }

    /**
     * @param parent the directory, open until {@link #end}
     * @param name in it; empty for the directory itself
     */
    void begin(byte[] entryPath, int parent, byte[] name) {
        none();
        path = entryPath;
        int listed = reader.list(parent, name.length == 0 ? SELF : name);
        if (listed < 0 && listed != -Errno.EOPNOTSUPP) {
            unreadable(listed);
            return;
        }
        open = true;
        while (reader.next()) {
            byte[] attribute = reader.name();
            if (AttributeBlock.kind(attribute) != null) {
                unanswered.add(attribute);
            }
        }
    }

    void block(String kind, byte[] content) {
        AttributeBlock block = open ? AttributeBlock.parse(kind, content) : null;
        if (block == null) {
            return;
        }
        unanswered.remove(block.name());
        int length = reader.read(block.name());
        if (length == -Errno.ENODATA || length == -Errno.EOPNOTSUPP) {
            differ(block.name(), describe(block.value()), ABSENT);
        } else if (length < 0) {
            unreadable(length);
        } else if (!Arrays.equals(block.value(), reader.value())) {
            differ(block.name(), describe(block.value()), describe(reader.value()));
        }
    }

    /** The entry's blocks are complete. */
    void end() {
        for (byte[] name : unanswered) {
            int length = reader.read(name);
            if (length >= 0) {
                differ(name, ABSENT, describe(reader.value()));
            } else if (length != -Errno.ENODATA) {
                unreadable(length);
            }
        }
        none();
    }

    private void differ(byte[] name, String backup, String live) {
        String attribute = Text.escape(name) + " ";
        tally.difference(path, Difference.Kind.XATTR, attribute + backup, live);
    }

    private void unreadable(int result) {
        tally.difference(path, Difference.Kind.UNREADABLE, "there", Errno.describe(-result));
    }

    private static String describe(byte[] value) {
        return value.length <= SHOWN_BYTES
                ? Text.quote(value)
                : Text.quote(Arrays.copyOf(value, SHOWN_BYTES)) + "… (" + value.length + " bytes)";
    }
}
