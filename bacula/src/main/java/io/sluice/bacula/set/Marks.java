package io.sluice.bacula.set;

import java.util.EnumMap;
import java.util.Map;

/** Which marks a round obeys. */
final class Marks {
    private Marks() {}

    /**
     * Those that are set, unless a round that stands has obeyed them: its leader may have died
     * before it could take them away. And a rebaseline whose round did not end well in Bacula, as
     * if it were still set: what it was to get away from would be the base again.
     *
     * @return when each was set
     */
    static Map<Mark, String> ofNextRound(SetDirectory set, History history) {
        Map<Mark, String> next = new EnumMap<>(Mark.class);
        for (Mark mark : Mark.values()) {
            String at = mark.setAt(set);
            if (at != null && isObeyed(mark, at, history)) {
                mark.clear(set, at);
            } else if (at != null) {
                next.put(mark, at);
            }
        }
        String lost = lostRebaseline(history);
        if (lost != null) {
            next.putIfAbsent(Mark.REBASELINE, lost);
        }
        return next;
    }

    private static boolean isObeyed(Mark mark, String at, History history) {
        return history.rounds().stream()
                .anyMatch(round -> history.stands(round) && at.equals(round.marks().get(mark)));
    }

    private static String lostRebaseline(History history) {
        for (int i = history.rounds().size() - 1; i >= 0; i--) {
            RoundRecord round = history.rounds().get(i);
            String at = round.marks().get(Mark.REBASELINE);
            if (!history.stands(round) || (round.isBad() && at == null)) {
                continue;
            }
            if (round.isBad()) {
                return at;
            }
            if (at != null || round.base() == null) {
                return null;
            }
        }
        return null;
    }
}
