package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code sluice fd-backend} under the metaplugin that Bacula has of its own. */
class BaculaStockITCase {
    @RegisterExtension final Workspace workspace = new Workspace();
    private BaculaRig rig;

    @BeforeEach
    void startBacula() throws IOException {
        BaculaRig.assumePossible();
        rig =
                new BaculaRig(workspace.base().resolve("rig"))
                        .with("SLUICE_BACKEND", Sluice.executable())
                        .with("SLUICE_STATE_DIR", workspace.base().resolve("state"))
                        .with("SLUICE_JAVA_OPTS", "");
        rig.plugins(BaculaRig.plugin()).up();
    }

    @AfterEach
    void stopBacula() throws IOException {
        if (rig != null) {
            assertThat(rig.fd().children()).isEmpty();
            rig.close();
        }
    }

    @Test
    void baculasOwnMetaplugin() throws IOException {
        workspace.smallSource();
        Result built = rig.result("stock-plugin");
        assumeTrue(built.exit() == 0, built.error());
        Path log = workspace.base().resolve("stock.log");
        // It takes any byte of standard error for an error, and its end for one that never ends.
        Path backend = rig.home().resolve("bin/k8s_backend");
        Files.writeString(
                backend,
                "#!/bin/sh\nexec 9>&2 2> "
                        + log
                        + "\nexec "
                        + Sluice.executable()
                        + " fd-backend\n");
        Files.setPosixFilePermissions(backend, PosixFilePermissions.fromString("rwx------"));
        rig.plugins(Path.of(built.out().strip()));
        rig.job("stock", "kubernetes: path=" + workspace.sourcePath());
        BaculaRig.Ended backup = rig.run("stock", "Full");
        assertThat(backup.status()).as(backup.log()).isEqualTo('T');
        // The plugin complains of a parameter that it does not know, and passes it on.
        assertThat(backup.errors()).as(backup.log()).isEqualTo(1);
        Path where = workspace.base().resolve("restored");
        rig.restore(backup.id(), where);
        Set<Aspect> aspects =
                EnumSet.of(Aspect.MODE, Aspect.OWNER, Aspect.SIZE, Aspect.TARGET, Aspect.CONTENT);
        assertThat(
                        TreeComparison.compare(
                                workspace.source().path(),
                                Sluice.bytes(where + workspace.sourcePath().toString()),
                                aspects))
                .isEmpty();
    }
}
