package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class SluiceCommandTest {
    @Test
    void eachCommandIsFoundByItsName() {
        assertThat(SluiceCommand.COMMANDS)
                .allSatisfy(
                        (name, type) ->
                                assertThat(type.getAnnotation(Command.class).name())
                                        .isEqualTo(name));
    }

    @Test
    void onlyTheNamedCommandIsMade() {
        assertThat(SluiceCommand.commandLine("list", "somewhere").getSubcommands())
                .containsOnlyKeys("list");
    }

    @Test
    void allAreThereWhereNoneIsNamed() {
        assertThat(SluiceCommand.commandLine().getSubcommands())
                .containsOnlyKeys(SluiceCommand.COMMANDS.keySet().toArray(String[]::new));
        assertThat(SluiceCommand.commandLine("--help").getSubcommands()).hasSize(19);
        assertThat(SluiceCommand.commandLine("lits").getSubcommands()).hasSize(19);
    }

    @Test
    void theShortWayToTheVersionSaysTheSame() {
        assertThat(SluiceCommand.wantsVersion("--version")).isTrue();
        assertThat(SluiceCommand.wantsVersion("-V")).isTrue();
        assertThat(SluiceCommand.wantsVersion("list", "--version")).isFalse();
        StringWriter out = new StringWriter();
        CommandLine line = SluiceCommand.commandLine().setOut(new PrintWriter(out));
        assertThat(line.execute("--version")).isEqualTo(ExitCode.OK);
        assertThat(out.toString().strip()).isEqualTo(Version.text());
    }
}
