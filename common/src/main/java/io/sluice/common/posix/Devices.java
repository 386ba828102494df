package io.sluice.common.posix;

import java.nio.ByteBuffer;

/**
 * What a filesystem's device is called on this host, and on the host that began the round. A
 * network filesystem gets the next number that is free when it is mounted, so names of one file
 * would lie on different devices where two hosts look at them. The two numbers change places: what
 * lies on different devices here stays apart.
 *
 * @param here device number, major above minor
 * @param there the same
 */
public record Devices(long here, long there) {
    public static final Devices SAME = new Devices(0, 0);

    static Devices of(FileIdentity here, FileIdentity there) {
        return new Devices(
                number(here.deviceMajor(), here.deviceMinor()),
                number(there.deviceMajor(), there.deviceMinor()));
    }

    private static long number(int major, int minor) {
        return (long) major << 32 | (minor & 0xffffffffL);
    }

    /** Translates major and minor, which stand one after the other, in their place. */
    void translate(ByteBuffer fields, int at) {
        if (here == there) {
            return;
        }
        long device = number(fields.getInt(at), fields.getInt(at + Integer.BYTES));
        if (device == here || device == there) {
            long other = device == here ? there : here;
            fields.putInt(at, (int) (other >>> 32)).putInt(at + Integer.BYTES, (int) other);
        }
    }
}
