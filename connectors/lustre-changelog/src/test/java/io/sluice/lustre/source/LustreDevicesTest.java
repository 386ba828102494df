package io.sluice.lustre.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LustreDevicesTest {
    @Test
    void eachMdtHasItsOwnUser() {
        String text = "fs-MDT0000:cl1,fs-MDT0001:cl3-backup";
        var users = LustreDevices.parse(text, null);
        assertThat(users).containsEntry("fs-MDT0001", "cl3-backup").hasSize(2);
        assertThat(LustreDevices.text(users)).isEqualTo(text);
    }

    @Test
    void oneWithoutAUserTakesTheOneForAll() {
        assertThat(LustreDevices.parse("fs-MDT0000", "cl7")).containsEntry("fs-MDT0000", "cl7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"fs-MDT0000", "fs:cl1", "fs-MDT0000:root", "a-MDT0000:cl1,a-MDT0000:cl2"})
    void whatIsNoneIsRefused(String text) {
        assertThatThrownBy(() -> LustreDevices.parse(text, null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void eachMdtHasItsOwnRecord() {
        String text = "fs-MDT0000:120,fs-MDT0001:77";
        var since = LustreDevices.parseSince(text);
        assertThat(since).containsEntry("fs-MDT0001", 77L).hasSize(2);
        assertThat(LustreDevices.text(since)).isEqualTo(text);
        assertThat(LustreDevices.parseSince(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fs-MDT0000",
                "fs-MDT0000:cl1",
                "fs-MDT0000:-5",
                "fs-MDT0000:1",
                "fs-MDT0000:99999999999999999999",
                "a-MDT0000:5,a-MDT0000:6"
            })
    void whatIsNoRecordIsRefused(String text) {
        assertThatThrownBy(() -> LustreDevices.parseSince(text))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
