package io.sluice.lustre.file;

import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;

/** Sets and reads the layout of a name, as a client of Lustre lets it be done. */
interface LayoutCalls {
    /** Through the attribute {@code lustre.lov}. */
    LayoutCalls LUSTRE =
            new LayoutCalls() {
                @Override
                public int set(int directory, byte[] name, byte[] value) {
                    return Posix.setXattrOrErrno(directory, name, LayoutBlock.ATTRIBUTE, value);
                }

                @Override
                public byte[] get(int directory, byte[] name) throws PosixException {
                    return Posix.getXattr(directory, name, LayoutBlock.ATTRIBUTE);
                }
            };

    /** 0 or {@code -errno}. That it is 0 does not say that the layout has been taken. */
    int set(int directory, byte[] name, byte[] value);

    byte[] get(int directory, byte[] name) throws PosixException;
}
