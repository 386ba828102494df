package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OutputITCase {
    private static final String SCHEMA = "/io/sluice/pipeline/report/report.schema.json";

    @RegisterExtension final Workspace workspace = new Workspace();

    @Test
    void withoutATerminalNothingMovesTheCursor() throws IOException {
        workspace.smallSource();
        Result result = workspace.backup().succeeds();
        assertThat(result.out()).doesNotContain("\r", "\u001b");
        assertThat(result.lines().get(0)).startsWith("round 1 of " + workspace.sourcePath());
        assertThat(result.lines().get(result.lines().size() - 1))
                .matches(
                        "files=3 bytes=11 unchanged=0 deleted=0 skipped=0 errors=0"
                                + " hsm_skipped=0 hsm_marked=0 hsm_lost=0 elapsed_ms=[0-9]+");
        assertThat(workspace.verify().succeeds().out()).doesNotContain("\r", "\u001b");
        assertThat(workspace.restore().succeeds().out()).doesNotContain("\r", "\u001b");
    }

    @Test
    void onATerminalTheProgressLineGoesAwayBeforeTheReport() throws Exception {
        assumeTrue(Shell.succeeds("command -v script"), "script(1) is missing");
        workspace.smallSource();
        String call =
                Shell.quote(System.getProperty("sluice.root") + "/sluice")
                        + " backup "
                        + Shell.quote(workspace.sourcePath())
                        + " --to "
                        + Shell.quote(workspace.archive());
        // script(1) hands the call to $SHELL, and the quoting is bash's.
        String said =
                Shell.run(
                        "SHELL=/bin/bash script -qec "
                                + Shell.quote(call)
                                + " /dev/null < /dev/null");
        assertThat(said).contains("round 1 of ");
        String before = said.substring(0, said.indexOf("round 1 of "));
        assertThat(before.isEmpty() || before.endsWith("\r\u001b[K")).as(said).isTrue();
    }

    @Test
    void outputThatCannotBeWrittenIsNotASuccess() throws Exception {
        workspace.smallSource();
        workspace.backup().succeeds();
        String sluice = Shell.quote(System.getProperty("sluice.root") + "/sluice");
        String list = sluice + " list --files " + Shell.quote(workspace.archive());
        assertThat(Shell.run(list + " > /dev/full; echo $?"))
                .contains("sluice: standard output could not be written: No space left on device")
                .endsWith("3\n");
        // A reader that has seen enough is no failure.
        assertThat(Shell.run("set -o pipefail; " + list + " | head -c 1 > /dev/null; echo $?"))
                .isEqualTo("0\n");
    }

    @Test
    void jsonIsTheReportAndNothingElse() throws Exception {
        TestTree source = workspace.smallSource();
        source.file(new byte[] {'n', (byte) 0xff, '\n'}, new byte[] {1});
        source.link("hard", "a.txt");
        JsonNode report = workspace.backup("--json").succeeds().json();
        assertThat(report.get("format").intValue()).isEqualTo(1);
        assertThat(report.get("round").intValue()).isEqualTo(1);
        assertThat(report.get("path").textValue()).isEqualTo(workspace.sourcePath().toString());
        assertThat(report.get("seen").longValue()).isEqualTo(9);
        assertThat(report.get("stored").longValue()).isEqualTo(9);
        assertThat(report.get("files").longValue()).isEqualTo(4);
        assertThat(report.get("links").longValue()).isEqualTo(1);
        assertThat(report.get("bytes").longValue()).isEqualTo(12);
        Path kept = workspace.archive().resolve("rounds/1/report.json");
        assertThat(new ObjectMapper().readTree(Files.readAllBytes(kept))).isEqualTo(report);
        assertThat(workspace.list("--json").succeeds().json()).hasSize(1);
        assertThat(workspace.listedPaths()).contains("n\\xff\\x0a");
    }

    @Test
    void jsonReportIsValidBySchema() throws Exception {
        JsonSchema schema;
        try (InputStream in = OutputITCase.class.getResourceAsStream(SCHEMA)) {
            assumeTrue(in != null, "the report has no schema yet");
            schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(in);
        }
        workspace.smallSource().link("hard", "a.txt");
        assertThat(schema.validate(workspace.backup("--json").succeeds().json())).isEmpty();
        if (Sluice.noOrdinaryUser() == null) {
            TestTree source = workspace.source().mode("a.txt", 0000);
            source.mode("sub", 0000);
            workspace.openToAll();
            Path archive = workspace.base().resolve("other");
            Result partly =
                    Sluice.command("backup", workspace.sourcePath(), "--to", archive, "--json")
                            .asOrdinaryUser()
                            .run()
                            .exits(3);
            assertThat(schema.validate(partly.json())).as("%s", partly).isEmpty();
            assertThat(partly.json().get("failures")).isNotEmpty();
        }
    }

    @Test
    void closedPipeEndsAListQuietly() throws IOException {
        TestTree source = workspace.source();
        for (int i = 0; i < 200; i++) {
            source.file("directory-with-a-long-name/file-with-a-long-name-" + i, "");
        }
        workspace.backup().succeeds();
        String call =
                Shell.quote(System.getProperty("sluice.root") + "/sluice")
                        + " list --files "
                        + Shell.quote(workspace.archive())
                        + " | head -n 1";
        assertThat(Shell.run(call).lines()).hasSize(1);
    }

    @Test
    void nothingStaysInTheTemporaryDirectory() throws IOException {
        workspace.smallSource();
        Path temporary = Files.createDirectory(workspace.base().resolve("tmp"));
        String option = "-Djava.io.tmpdir=" + temporary;
        workspace.backupCommand().with("SLUICE_JAVA_OPTS", option).run().succeeds();
        assertThat(temporary).isEmptyDirectory();
        Sluice.command("restore", workspace.archive(), "--target", workspace.target())
                .with("SLUICE_JAVA_OPTS", option)
                .run()
                .succeeds();
        assertThat(temporary).isEmptyDirectory();
    }
}
