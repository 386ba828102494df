package io.sluice.scan.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.scan.ScanOptions;
import java.io.File;
import java.util.Locale;

/**
 * Measures a reader alone against {@code find} with the same attributes, in turns, on a warm tree.
 * Arguments: the tree, the number of workers, the number of turns. To be run by hand.
 */
final class WalkSpeed {
    private static final String ATTRIBUTES = "%i %s %T@ %C@ %m %U %G %p\\n";

    private WalkSpeed() {}

    public static void main(String[] arguments) throws Exception {
        String root = arguments[0];
        int workers = Integer.parseInt(arguments[1]);
        int turns = Integer.parseInt(arguments[2]);
        double[] ratios = new double[turns];
        for (int turn = 0; turn < turns; turn++) {
            double find = find(root);
            long start = System.nanoTime();
            long entries = read(root, workers);
            double own = seconds(start);
            ratios[turn] = find / own;
            System.out.printf(
                    Locale.ROOT,
                    "%d entries: reader %.0f entries/s, find %.0f entries/s, ratio %.2f%n",
                    entries,
                    entries / own,
                    entries / find,
                    find / own);
        }
        java.util.Arrays.sort(ratios);
        System.out.printf(Locale.ROOT, "median ratio %.2f%n", ratios[turns / 2]);
    }

    private static double find(String root) throws Exception {
        long start = System.nanoTime();
        new ProcessBuilder("find", root, "-printf", ATTRIBUTES)
                .redirectOutput(new File("/dev/null"))
                .start()
                .waitFor();
        return seconds(start);
    }

    private static long read(String root, int workers) throws Exception {
        ScanOptions options = ScanOptions.of(root.getBytes(UTF_8), 1, workers);
        try (ScanRig rig = new ScanRig(options, 1)) {
            ScanRig.Seat seat = rig.seats.get(0);
            seat.keepOnlyTotals();
            rig.runUntilAllEnded();
            return rig.totals().names();
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
