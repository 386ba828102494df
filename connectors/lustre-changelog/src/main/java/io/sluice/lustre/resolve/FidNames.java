package io.sluice.lustre.resolve;

import io.sluice.lustre.Fid;
import io.sluice.lustre.LinkEa;
import java.io.IOException;
import java.util.List;

/** What a mounted Lustre says about FIDs. May be called by several threads at once. */
public interface FidNames {
    /**
     * Where an object is now.
     *
     * @return path relative to the mount's root, empty for that; null when the object is gone
     * @throws IOException if the filesystem cannot tell
     */
    byte[] pathOf(Fid fid) throws IOException;

    /**
     * All names of an object.
     *
     * @throws IOException if the filesystem cannot tell
     */
    Links linksOf(Fid fid) throws IOException;

    /**
     * Names of an object.
     *
     * @param links empty when it is gone, or has none any more and is only still open
     * @param complete false where it has more names than its link EA has room for, or none though
     *     it lives: then only a scan finds them
     */
    record Links(List<LinkEa.Link> links, boolean complete) {
        public static final Links GONE = new Links(List.of(), true);
        public static final Links UNKNOWN = new Links(List.of(), false);

        public Links {
            links = List.copyOf(links);
        }
    }
}
