package io.sluice.lustre.resolve;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.lustre.Fid;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.changelog.RecordType;
import org.junit.jupiter.api.Test;

/** What records point at. */
class HintsTest {
    private static final Fid PARENT = new Fid(1, 1, 0);
    private static final Fid TARGET = new Fid(1, 2, 0);
    private static final Fid SOURCE = new Fid(1, 3, 0);
    private static final Fid LEFT = new Fid(1, 4, 0);

    private final Hints hints = new Hints();

    private static ChangelogRecord record(int type, int flags, Fid target, boolean moves) {
        return new ChangelogRecord(
                1,
                0,
                type,
                flags,
                null,
                0,
                0,
                target,
                PARENT,
                moves ? SOURCE : null,
                moves ? LEFT : null,
                null,
                null,
                null,
                null,
                null,
                null,
                bytes("name"),
                moves ? bytes("old") : null);
    }

    private void add(RecordType type, int flags) {
        hints.add(record(type.number(), flags, TARGET, false));
    }

    private static Hints.Name name() {
        return new Hints.Name(PARENT, bytes("name"));
    }

    @Test
    void whatReadsPointsAtNothing() {
        add(RecordType.MARK, 0);
        add(RecordType.OPEN, 0);
        add(RecordType.GETXATTR, 0);
        add(RecordType.DENIED_OPEN, 0);
        assertThat(hints.names()).isEmpty();
        assertThat(hints.objects()).isEmpty();
    }

    /** Their parent is left over from another record. */
    @Test
    void recordsOfAnObjectSayNothingOfItsName() {
        add(RecordType.CLOSE, 0);
        add(RecordType.SETATTR, 0);
        add(RecordType.HSM, 0);
        assertThat(hints.names()).isEmpty();
        assertThat(hints.objects()).containsExactly(TARGET);
    }

    @Test
    void aDirectoryThatIsNewIsToBeListedAndAFileIsNot() {
        add(RecordType.CREATE, 0);
        assertThat(hints.names()).containsEntry(name(), false);
        add(RecordType.MKDIR, 0);
        assertThat(hints.names()).hasSize(1).containsEntry(name(), true);
    }

    @Test
    void aLinkThatIsNotTheLastLeavesOtherNamesToBeAskedAbout() {
        add(RecordType.UNLINK, 1);
        assertThat(hints.objects()).isEmpty();
        add(RecordType.UNLINK, 0);
        assertThat(hints.objects()).containsExactly(TARGET);
    }

    @Test
    void aRenamePointsAtBothNamesAndBothObjects() {
        hints.add(record(RecordType.RENAME.number(), 0, TARGET, true));
        assertThat(hints.names())
                .containsEntry(name(), true)
                .containsEntry(new Hints.Name(LEFT, bytes("old")), true);
        assertThat(hints.objects()).containsExactly(SOURCE, TARGET);
    }

    @Test
    void aTypeThatIsNotKnownPointsAtAllThatItMayMean() {
        hints.add(record(99, 0, TARGET, false));
        assertThat(hints.unknown()).isEqualTo(1);
        assertThat(hints.names()).containsEntry(name(), true);
        assertThat(hints.objects()).containsExactly(TARGET);
    }
}
