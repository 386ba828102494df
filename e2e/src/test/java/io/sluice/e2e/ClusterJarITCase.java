package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The jar for {@code flink run}: what a cluster has not, and nothing that it has. */
class ClusterJarITCase {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Path JAR = ROOT.resolve("pipeline/target/sluice-pipeline.jar");
    private static final Path LIBRARIES = ROOT.resolve("docker/target/flink/lib");

    /** In both: a cluster that has them not in its lib/ works too, but leaks. */
    private static final List<String> PARENT_FIRST =
            List.of("com/sun/jna/", "com/github/luben/zstd/", "io/sluice/common/posix/libc/");

    private static Set<String> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Set<String> names = new TreeSet<>();
            file.stream().filter(e -> !e.isDirectory()).forEach(e -> names.add(e.getName()));
            return names;
        }
    }

    @Test
    void holdsNoClassThatTheClusterHas() throws IOException {
        Set<String> cluster = new HashSet<>();
        try (Stream<Path> jars = Files.list(LIBRARIES)) {
            for (Path jar : jars.toList()) {
                cluster.addAll(entries(jar));
            }
        }
        Set<String> twice = entries(JAR);
        twice.retainAll(cluster);
        twice.removeIf(name -> !name.endsWith(".class"));
        assertThat(twice).anyMatch(name -> name.startsWith(PARENT_FIRST.get(0)));
        twice.removeIf(name -> PARENT_FIRST.stream().anyMatch(prefix -> name.contains(prefix)));
        assertThat(twice).isEmpty();
    }

    @Test
    void holdsItsLicencesAndNamesItsMainClass() throws IOException {
        assertThat(entries(JAR))
                .contains("META-INF/LICENSE", "META-INF/NOTICE", "META-INF/AL2.0")
                .noneMatch(name -> name.startsWith("org/"));
        try (JarFile file = new JarFile(JAR.toFile())) {
            assertThat(file.getManifest().getMainAttributes().getValue("Main-Class"))
                    .isEqualTo("io.sluice.pipeline.run.FlinkRun");
            String notice =
                    new String(
                            file.getInputStream(file.getEntry("META-INF/NOTICE")).readAllBytes(),
                            java.nio.charset.StandardCharsets.UTF_8);
            assertThat(notice).contains("hash4j", "Jackson", "JNA", "picocli", "zstd-jni");
        }
    }
}
