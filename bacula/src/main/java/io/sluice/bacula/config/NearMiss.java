package io.sluice.bacula.config;

import java.util.Collection;
import java.util.Locale;

/** What somebody meant who wrote a word that there is not. */
final class NearMiss {
    private NearMiss() {}

    /** {@code ; did you mean '…'?}, or nothing. */
    static String hint(String word, Collection<String> valid) {
        String nearest = of(word, valid);
        return nearest == null ? "" : "; did you mean '" + nearest + "'?";
    }

    /**
     * @return the valid word of which a third of the letters differs at most, but no more than
     *     three; null if there is none
     */
    static String of(String word, Collection<String> valid) {
        String nearest = null;
        int least = Integer.MAX_VALUE;
        for (String candidate : valid) {
            int distance = distance(plain(word), plain(candidate));
            if (distance < least && distance <= Math.min(3, Math.max(1, candidate.length() / 3))) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /** Whether words are joined, and by what, is the likeliest slip. */
    private static String plain(String word) {
        String plain = word.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
        return plain.length() > 64 ? plain.substring(0, 64) : plain;
    }

    /** Levenshtein's: letters to insert, drop or exchange. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int exchanged = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(exchanged, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
