package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;

/**
 * What a finished command said.
 *
 * @param command as it was started, for messages
 */
record Result(String command, int exit, String out, String error) {
    Result exits(int code) {
        assertThat(exit).as("%s", this).isEqualTo(code);
        return this;
    }

    /** Checks that it did its work and had nothing to complain of. */
    Result succeeds() {
        assertThat(error).as("%s", this).isEmpty();
        return exits(0);
    }

    /** Checks that it ended with {@code code} and one line, and gives that line. */
    String refuses(int code) {
        exits(code);
        assertThat(error).as("%s", this).endsWith("\n");
        assertThat(errorLines()).as("%s", this).hasSize(1);
        assertThat(out).as("%s", this).isEmpty();
        return errorLines().get(0);
    }

    List<String> errorLines() {
        return error.lines().toList();
    }

    List<String> lines() {
        return out.lines().toList();
    }

    JsonNode json() throws IOException {
        return new ObjectMapper().readTree(out);
    }

    @Override
    public String toString() {
        return command + "\nended with " + exit + "\nstdout:\n" + out + "stderr:\n" + error;
    }
}
