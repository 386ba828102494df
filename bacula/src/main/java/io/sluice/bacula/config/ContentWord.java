package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.Word;
import io.sluice.common.round.Content;

/** What of each entry is stored. */
public enum ContentWord implements Word {
    FULL(Content.FULL),
    METADATA(Content.METADATA);

    private final Content content;

    ContentWord(Content content) {
        this.content = content;
    }

    public Content content() {
        return content;
    }

    @Override
    public String text() {
        return content.text();
    }
}
