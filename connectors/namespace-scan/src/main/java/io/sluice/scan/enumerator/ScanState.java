package io.sluice.scan.enumerator;

import io.sluice.scan.split.DirectorySplit;
import java.util.List;

/**
 * The enumerator's checkpoint: the work that it holds and no reader has. Who is dry and whether the
 * round is over are not part of it: after a restore the readers say anew.
 */
public record ScanState(List<DirectorySplit> unassigned) {
    public ScanState {
        unassigned = List.copyOf(unassigned);
    }
}
