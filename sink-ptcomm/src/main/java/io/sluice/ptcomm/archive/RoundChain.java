package io.sluice.ptcomm.archive;

import io.sluice.common.SluiceException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Finds the rounds that a round builds on: it, its base, that one's base, down to a full round.
 * Each base has a lower number than its round, so it ends.
 */
final class RoundChain {
    private final Archive archive;
    private final String name;

    /**
     * @param name of the archive, for messages
     */
    RoundChain(Archive archive, String name) {
        this.archive = archive;
        this.name = name;
    }

    /** The full round first. */
    List<ArchiveRound> of(int round) {
        List<ArchiveRound> chain = new ArrayList<>();
        chain.add(archive.round(round));
        for (Manifest above = manifest(chain); above.base() != null; above = manifest(chain)) {
            int base = above.base();
            if (!archive.isCommitted(base)) {
                throw problem(
                        above,
                        round,
                        "which is missing: put rounds/"
                                + base
                                + " back from a copy of the archive, or take a round of another"
                                + " chain (sluice list)");
            }
            ArchiveRound below = archive.round(base);
            requireSame(above, below.manifest(), round, "content", above.content());
            requireSame(above, below.manifest(), round, "path", above.path());
            chain.add(below);
        }
        Collections.reverse(chain);
        return List.copyOf(chain);
    }

    private static Manifest manifest(List<ArchiveRound> chain) {
        return chain.get(chain.size() - 1).manifest();
    }

    /** What is of another content or tree must never stand in for what is missing in a round. */
    private void requireSame(
            Manifest above, Manifest below, int round, String what, String expected) {
        String found = what.equals("path") ? below.path() : below.content();
        if (!found.equals(expected)) {
            throw problem(
                    above,
                    round,
                    "whose "
                            + what
                            + " is '"
                            + found
                            + "' instead of '"
                            + expected
                            + "': put both manifests back from a copy of the archive");
        }
    }

    private SluiceException problem(Manifest above, int round, String what) {
        return new SluiceException(
                "archive "
                        + name
                        + ": round "
                        + above.round()
                        + (above.round() == round ? "" : ", which round " + round + " needs,")
                        + " holds the changes since round "
                        + above.base()
                        + ", "
                        + what);
    }
}
