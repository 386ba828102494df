package io.sluice.bacula.restore;

import io.sluice.ptcomm.codec.Frame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The one ACL or XATTR record that stock PTCOMM has for an entry: the contents of all its blocks of
 * that kind, each as a frame {@code D}; or a single content as it is, which cannot be taken for a
 * frame, since an attribute's name begins with its namespace.
 */
final class StockRecord {
    private StockRecord() {}

    /** The contents in their order. */
    static byte[][] blocks(byte[] record) {
        List<byte[]> blocks = new ArrayList<>();
        int at = 0;
        while (at < record.length) {
            int length = length(record, at);
            if (length < 0 || length > record.length - at - Frame.HEADER_BYTES) {
                return new byte[][] {record};
            }
            at += Frame.HEADER_BYTES;
            blocks.add(Arrays.copyOfRange(record, at, at + length));
            at += length;
        }
        return blocks.toArray(byte[][]::new);
    }

    /** What the header there says, or -1 where there is none. */
    private static int length(byte[] record, int at) {
        if (record.length - at < Frame.HEADER_BYTES
                || record[at] != Frame.DATA
                || record[at + Frame.HEADER_BYTES - 1] != '\n') {
            return -1;
        }
        int length = 0;
        for (int i = at + 1; i < at + Frame.HEADER_BYTES - 1; i++) {
            if (record[i] < '0' || record[i] > '9') {
                return -1;
            }
            length = 10 * length + record[i] - '0';
        }
        return length;
    }
}
