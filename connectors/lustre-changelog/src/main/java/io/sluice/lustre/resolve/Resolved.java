package io.sluice.lustre.resolve;

import io.sluice.common.change.Delta;
import java.util.List;

/**
 * What a batch of records comes to.
 *
 * @param answers the truth about names, ancestors before what lies below them
 * @param subtrees directories, relative to the root, to be listed with all below; none lies below
 *     another
 * @param doubt why all of the tree must be listed; null if it need not
 * @param unknown records of types that are not known here
 */
public record Resolved(List<Delta> answers, List<byte[]> subtrees, String doubt, long unknown) {
    public Resolved {
        answers = List.copyOf(answers);
        subtrees = List.copyOf(subtrees);
    }
}
