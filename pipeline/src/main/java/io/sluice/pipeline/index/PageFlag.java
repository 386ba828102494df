package io.sluice.pipeline.index;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The names of the flags of a stored child; {@link PageWriter} says what they mean. */
enum PageFlag {
    DIRECTORY(PageWriter.DIRECTORY),
    STUB(PageWriter.STUB),
    ANNOUNCED(PageWriter.ANNOUNCED),
    GONE(PageWriter.GONE),
    REPLACED(PageWriter.REPLACED),
    UNSEEN(PageWriter.UNSEEN),
    MARKED(PageWriter.MARKED);

    private static final PageFlag[] ALL = values();

    private final int bit;

    PageFlag(int bit) {
        this.bit = bit;
    }

    boolean isIn(int flags) {
        return (flags & bit) != 0;
    }

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static List<String> of(int flags) {
        return Arrays.stream(ALL).filter(flag -> flag.isIn(flags)).map(PageFlag::text).toList();
    }
}
