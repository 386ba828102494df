package io.sluice.restore;

import java.util.Objects;

/**
 * Which round it is, for whoever meets what an earlier restore of it left behind.
 *
 * @param id the same for every reading of one round, and for no other round of any archive
 * @param text what to call it in messages
 */
public record RoundIdentity(String id, String text) {
    public RoundIdentity {
        Objects.requireNonNull(id);
        Objects.requireNonNull(text);
    }
}
