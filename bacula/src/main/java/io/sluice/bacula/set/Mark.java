package io.sluice.bacula.set;

import io.sluice.common.SluiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** What the operator wants of the next round that stands, once. */
public enum Mark {
    /** Any number of deletions is meant. */
    ACCEPT_DELETES("accept-deletes"),
    /** Everything is stored, whatever the jobs' level is: a new chain begins. */
    REBASELINE("rebaseline");

    private final String text;

    Mark(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    private Path file(SetDirectory set) {
        return set.marks().resolve(text);
    }

    public void set(SetDirectory set) {
        set.write(file(set), Instant.now().toString());
    }

    public boolean isSet(SetDirectory set) {
        return Files.exists(file(set));
    }

    /** When it was set; empty where somebody made the file by hand, null if there is none. */
    String setAt(SetDirectory set) {
        try {
            return set.read(file(set), String.class);
        } catch (SluiceException e) {
            return isSet(set) ? "" : null;
        }
    }

    /** Takes it away, unless it was set anew since {@code at}: that counts for another round. */
    void clear(SetDirectory set, String at) {
        if (at.equals(setAt(set))) {
            set.remove(file(set));
        }
    }
}
