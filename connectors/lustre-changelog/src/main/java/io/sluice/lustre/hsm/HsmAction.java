package io.sluice.lustre.hsm;

/** What a coordinator can be asked to do with files ({@code enum hsm_user_action}). */
public enum HsmAction {
    ARCHIVE(10),
    /** Data back from the archive; begins in the background, its end shows in {@link HsmState}. */
    RESTORE(11),
    /** Data away from the OSTs; only of a file that is archived and not changed since. */
    RELEASE(12),
    REMOVE(13),
    CANCEL(14);

    private final int number;

    HsmAction(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
