package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.text.Text;
import java.io.IOException;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names are bytes, on the command line too. */
class NamesITCase {
    private static final byte[] SOURCE = {'s', (byte) 0xff, '\n', ' ', (byte) 0xc3};
    private static final byte[] ARCHIVE = {'a', (byte) 0xe4, '\'', '\\', '\t'};
    private static final byte[] TARGET = {'-', 't', (byte) 0x80, '"'};

    @RegisterExtension final Workspace workspace = new Workspace();

    @ParameterizedTest
    @ValueSource(strings = {"C", "C.UTF-8", "POSIX"})
    void anyBytesGoThroughAnyLocale(String locale) throws IOException {
        byte[] source = workspace.raw(SOURCE);
        byte[] archive = workspace.raw(ARCHIVE);
        byte[] target = workspace.raw(TARGET);
        byte[] odd = {'o', (byte) 0xfe, '\n', '$', '`', (byte) 0xe2, (byte) 0x82};
        byte[] longest = new byte[255];
        java.util.Arrays.fill(longest, (byte) 0xa0);
        try (TestTree tree = TestTree.in(source)) {
            byte[] inOdd = java.util.Arrays.copyOf(odd, odd.length + 2);
            inOdd[odd.length] = '/';
            inOdd[odd.length + 1] = '\r';
            tree.file(inOdd, Sluice.bytes("inside"))
                    .file(longest, Sluice.bytes("long"))
                    .file("grün ☂", "text")
                    .file(" ", "blank")
                    .file("-rf", "dash")
                    .symlink(new byte[] {'l', (byte) 0xff}, new byte[] {(byte) 0xff, '\n'});

            Result backup = run(locale, "backup", source, "--to", archive).succeeds();
            assertThat(backup.lines().get(0)).contains(Text.escape(source));
            run(locale, "verify", archive, "--against", source).succeeds();
            Result list = run(locale, "list", archive, "--files").succeeds();
            assertThat(list.lines()).hasSize(8);
            assertThat(list.out()).contains("o\\xfe\\x0a$`\\xe2\\x82/\\x0d", "grün ☂");
            run(locale, "restore", archive, "--target", target).succeeds();
            try (TestTree restored = TestTree.in(target)) {
                assertThat(TreeComparison.compare(tree, restored)).isEmpty();
                restored.clear();
                run(locale, "restore", archive, "--target", target, inOdd).succeeds();
                assertThat(restored.content(inOdd)).isEqualTo(Sluice.bytes("inside"));
                assertThat(restored.names(new byte[0])).hasSize(1);
            }
            run(locale, "backup", source, "--to", archive).succeeds();
        }
        byte[] missing = workspace.raw(new byte[] {'m', (byte) 0xff, 0x1b});
        assertThat(run(locale, "backup", missing, "--to", archive).refuses(1))
                .isEqualTo("sluice: " + Text.quote(missing) + " does not exist; is it mounted?");
    }

    private static Result run(String locale, Object... words) throws IOException {
        return Sluice.command(words).with("LC_ALL", locale).with("LANG", locale).run();
    }
}
