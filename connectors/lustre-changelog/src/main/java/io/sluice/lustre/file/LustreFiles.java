package io.sluice.lustre.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.SluiceException;
import io.sluice.common.filesystem.FileFacts;
import io.sluice.common.filesystem.FileHooks;
import io.sluice.common.filesystem.StripeMap;
import io.sluice.common.filesystem.TapeState;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.XattrReader;
import io.sluice.common.text.Text;
import io.sluice.lustre.Fid;
import io.sluice.lustre.LustreFormatException;
import io.sluice.lustre.api.LustreApi;
import io.sluice.lustre.api.LustreException;
import io.sluice.lustre.hsm.HsmAction;
import io.sluice.lustre.hsm.HsmState;
import io.sluice.lustre.layout.Layout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * What Lustre knows of its files. One call for each: the layout ({@code lustre.lov}), which anybody
 * may read, says also whether the data is released. The state in an archive ({@code trusted.hsm},
 * the superuser's) is asked for only then, and where there is no layout that can be read. None of
 * these calls recalls data: Lustre's client does so for reads, SEEK_HOLE and SEEK_DATA, page faults
 * and writes alone.
 *
 * <p>A file that is open is not released: {@code hsm_release} needs it for itself. So what {@link
 * #tape} says of an open file holds until it is closed.
 */
final class LustreFiles implements FileHooks {
    private static final byte[] HSM = HsmState.NAME.getBytes(US_ASCII);

    /** {@code struct lustre_mdt_attrs}: u32 compat, u32 incompat, and the FID. */
    private static final byte[] LMA = "trusted.lma".getBytes(US_ASCII);

    private static final int LMA_FID = 8;

    /** Of a file of which only the layout can be read. */
    private static final HsmState UNKNOWN_ARCHIVE =
            new HsmState(HsmState.EXISTS | HsmState.ARCHIVED | HsmState.RELEASED, 0);

    private final byte[] root;
    private final XattrReader attributes = new XattrReader();
    private byte[] mount;

    LustreFiles(byte[] root) {
        this.root = root;
    }

    @Override
    public FileFacts look(int descriptor, FileType type) throws PosixException {
        attributes.turnTo(descriptor);
        byte[] value = attribute(descriptor, LayoutBlock.ATTRIBUTE);
        byte[] block = value == null ? null : LayoutBlock.of(value);
        if (type != FileType.REGULAR) {
            return new FileFacts(null, block, null);
        }
        Layout layout = layout(value);
        return new FileFacts(tape(descriptor, layout), block, layout == null ? null : map(layout));
    }

    @Override
    public TapeState tape(int descriptor) throws PosixException {
        attributes.turnTo(descriptor);
        return tape(descriptor, layout(attribute(descriptor, LayoutBlock.ATTRIBUTE)));
    }

    private TapeState tape(int descriptor, Layout layout) throws PosixException {
        if (layout != null && !layout.isReleased()) {
            return null;
        }
        HsmState state = state(attribute(descriptor, HSM));
        if (state == null || !state.isReleased()) {
            if (layout == null) {
                return null;
            }
            // The layout decides: it is what the client goes by.
            state =
                    state == null
                            ? UNKNOWN_ARCHIVE
                            : new HsmState(state.flags() | HsmState.RELEASED, state.archiveId());
        }
        return new TapeState(state.isLost(), state.archiveId(), state.text());
    }

    private static HsmState state(byte[] value) {
        try {
            return value == null ? null : HsmState.ofAttribute(value);
        } catch (LustreFormatException e) {
            return null;
        }
    }

    /** Null where there is none, or none that this release knows. */
    private static Layout layout(byte[] value) {
        try {
            return value == null ? null : Layout.parse(value);
        } catch (LustreFormatException e) {
            return null;
        }
    }

    private static StripeMap map(Layout layout) {
        boolean placed = layout.components().stream().anyMatch(part -> !part.osts().isEmpty());
        return placed ? new Stripes(layout) : null;
    }

    private record Stripes(Layout layout) implements StripeMap {
        @Override
        public Stripe at(long offset) {
            io.sluice.lustre.layout.Stripe stripe = layout.stripeAt(offset);
            int device =
                    stripe.ost() == io.sluice.lustre.layout.Stripe.NO_OST ? UNKNOWN : stripe.ost();
            return new Stripe(device, stripe.end());
        }
    }

    /** Null where there is none, or the file is on another filesystem that knows none. */
    private byte[] attribute(int descriptor, byte[] name) throws PosixException {
        int length = attributes.read(name);
        if (length == -Errno.ENODATA || length == -Errno.EOPNOTSUPP) {
            return null;
        }
        if (length < 0) {
            throw new PosixException("getxattr", descriptor, -length);
        }
        return attributes.value();
    }

    @Override
    public byte[] identity(int descriptor) throws PosixException {
        attributes.turnTo(descriptor);
        byte[] value = attribute(descriptor, LMA);
        if (value == null || value.length < LMA_FID + Fid.BYTES) {
            // The kernel hides trusted attributes from whoever is not the superuser.
            throw new PosixException("getxattr trusted.lma", descriptor, Errno.EPERM);
        }
        return bytes(Fid.littleEndian(value, LMA_FID));
    }

    private static byte[] bytes(Fid fid) {
        ByteBuffer bytes = ByteBuffer.allocate(Fid.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fid.write(bytes);
        return bytes.array();
    }

    @Override
    public int recall(long archive, List<byte[]> identities) {
        return request(HsmAction.RESTORE, archive, identities);
    }

    @Override
    public int release(long archive, List<byte[]> identities) {
        return request(HsmAction.RELEASE, archive, identities);
    }

    private int request(HsmAction action, long archive, List<byte[]> identities) {
        List<Fid> fids = identities.stream().map(fid -> Fid.littleEndian(fid, 0)).toList();
        try {
            for (int from = 0; from < fids.size(); from += LustreApi.MAX_REQUEST_FIDS) {
                int to = Math.min(fids.size(), from + LustreApi.MAX_REQUEST_FIDS);
                LustreApi.load().hsmRequest(mount(), action, archive, fids.subList(from, to));
            }
            return 0;
        } catch (LustreException e) {
            return -e.errno();
        } catch (PosixException e) {
            return -e.errno();
        }
    }

    private byte[] mount() throws PosixException {
        if (mount == null) {
            mount = LustreMount.of(root);
        }
        return mount;
    }

    @Override
    public boolean isReleased(byte[] identity) throws PosixException {
        byte[] path = LustreMount.byFid(mount(), Fid.littleEndian(identity, 0));
        int fd = Posix.open(Posix.AT_FDCWD, path, Posix.O_PATH, 0);
        try {
            return tape(fd) != null;
        } finally {
            Posix.close(fd);
        }
    }

    /** Whether a directory is on Lustre, as the library says. */
    static void require(byte[] root) {
        try {
            if (LustreApi.load().searchFsname(root).isEmpty()) {
                throw new SluiceException(
                        Text.quote(root) + " is not on Lustre; leave the Lustre mode out");
            }
        } catch (LustreException e) {
            throw new SluiceException(e.getMessage(), e);
        }
    }
}
