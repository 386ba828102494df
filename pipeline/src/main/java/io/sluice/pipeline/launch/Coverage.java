package io.sluice.pipeline.launch;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.Archive;
import java.io.IOException;

/**
 * What of its tree a round covers, as its chain entry has it.
 *
 * @param excludes what was left out
 */
public record Coverage(Excludes excludes) {
    /** Of a round of an open archive; everything where the chain does not know the round. */
    public static Coverage of(Archive archive, int round) throws IOException {
        for (Chain.Round entry : Chain.read(archive).rounds()) {
            if (entry.round() == round) {
                return new Coverage(
                        new Excludes(
                                IgnorePatterns.of(
                                        entry.excludes().stream().map(Text::unescape).toList()),
                                entry.excludeIfPresent().stream().map(Text::unescape).toList()));
            }
        }
        return new Coverage(Excludes.NOTHING);
    }
}
