package io.sluice.bacula.restore;

import io.sluice.common.SluiceException;
import io.sluice.restore.Replace;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What a restore knows of its job.
 *
 * @param name unique in the catalog
 * @param id in the catalog
 * @param where what stands before each restored path; empty for none
 * @param replace Bacula's letter: a always, w if newer, n never, o if older; empty means always
 * @param namespace the component that stored paths begin with, such as {@code @hpc}; empty for none
 * @param workDirectory for working files and the report
 * @param dialogue that the FD's plugin speaks
 */
public record RestoreJob(
        String name,
        String id,
        byte[] where,
        String replace,
        byte[] namespace,
        Path workDirectory,
        Dialogue dialogue) {
    /** How entries come. */
    public enum Dialogue {
        /** One after the other, without answers. */
        STREAM,
        /** Stock PTCOMM: each part waits for an answer. */
        STOCK
    }

    public RestoreJob {
        Objects.requireNonNull(name);
        Objects.requireNonNull(id);
        Objects.requireNonNull(where);
        Objects.requireNonNull(namespace);
        Objects.requireNonNull(workDirectory);
        Objects.requireNonNull(dialogue);
    }

    /**
     * The rule for names that are there.
     *
     * @throws SluiceException for a letter that is none of Bacula's
     */
    Replace rule() {
        return switch (replace) {
            case "", "a" -> Replace.ALWAYS;
            case "w" -> Replace.IF_NEWER;
            case "n" -> Replace.NEVER;
            case "o" -> Replace.IF_OLDER;
            default ->
                    throw new SluiceException(
                            "the FD says Replace=" + replace + ", which is none of a, w, n and o");
        };
    }
}
