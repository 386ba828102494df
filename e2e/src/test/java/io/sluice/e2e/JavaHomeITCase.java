package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Posix;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A tree that nobody made for a test, and that is everywhere: the running JDK's own. */
class JavaHomeITCase {
    @RegisterExtension final Workspace workspace = new Workspace();

    @Test
    void jdkComesBackAsItIs() throws IOException {
        Path home = Path.of(System.getProperty("java.home")).toRealPath();
        Sluice.run("backup", home, "--to", workspace.archive()).succeeds();
        workspace.verify("--against", home).succeeds();
        Result restored = workspace.restore();
        // Extended attributes are not stored yet; ordinary users give no file away.
        Set<Aspect> compared = TreeComparison.usualWithout(Aspect.XATTR);
        if (Posix.effectiveUser() == 0) {
            restored.succeeds();
        } else {
            compared.remove(Aspect.OWNER);
        }
        assertThat(
                        TreeComparison.compare(
                                Sluice.bytes(home.toString()),
                                Sluice.bytes(workspace.target().toString()),
                                compared))
                .isEmpty();
        assertThat(Shell.run(Shell.quote(workspace.target() + "/bin/java") + " -version"))
                .contains("version");
    }
}
