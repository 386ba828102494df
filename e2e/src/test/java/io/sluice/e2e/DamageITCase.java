package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An archive whose files were changed by something else. */
class DamageITCase {
    private static final long SEED = 7;

    @RegisterExtension final Workspace workspace = new Workspace();

    enum Damage {
        TRUNCATED {
            @Override
            void to(Path segment) throws IOException {
                byte[] bytes = Files.readAllBytes(segment);
                Files.write(segment, Arrays.copyOf(bytes, bytes.length / 2));
            }
        },
        EMPTIED {
            @Override
            void to(Path segment) throws IOException {
                Files.write(segment, new byte[0]);
            }
        },
        BIT_FLIPPED {
            @Override
            void to(Path segment) throws IOException {
                byte[] bytes = Files.readAllBytes(segment);
                bytes[bytes.length / 2] ^= 0x10;
                Files.write(segment, bytes);
            }
        },
        GROWN {
            @Override
            void to(Path segment) throws IOException {
                byte[] bytes = Files.readAllBytes(segment);
                Files.write(segment, Arrays.copyOf(bytes, bytes.length + 1));
            }
        },
        MISSING {
            @Override
            void to(Path segment) throws IOException {
                Files.delete(segment);
            }
        };

        abstract void to(Path segment) throws IOException;
    }

    @ParameterizedTest
    @EnumSource(Damage.class)
    void damagedSegmentIsNamedByVerifyAndRestore(Damage damage) throws IOException {
        checkDamage(damage, "zstd");
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"TRUNCATED", "BIT_FLIPPED"})
    void damagedUncompressedSegmentIsNamedToo(Damage damage) throws IOException {
        checkDamage(damage, "none");
    }

    private void checkDamage(Damage damage, String compression) throws IOException {
        TestTree source = workspace.source();
        Random random = new Random(SEED);
        for (int i = 0; i < 40; i++) {
            byte[] content = new byte[20_000];
            random.nextBytes(content);
            source.file(Sluice.bytes("d" + i % 4 + "/f" + i), content);
        }
        workspace.backup("--compress", compression, "--shards", "2").succeeds();
        Path segment =
                workspace.segments(1).stream()
                        .max(Comparator.comparingLong(file -> file.toFile().length()))
                        .orElseThrow();
        damage.to(segment);
        String name = segment.getFileName().toString();

        workspace.list().succeeds();
        Result verified = workspace.verify().exits(3);
        assertThat(verified.error()).as("%s", verified).contains(name).contains("damaged");
        assertThat(verified.out()).as("%s", verified).contains(": damaged\n");
        Result restored = workspace.restore().exits(3);
        assertThat(restored.error()).as("%s", restored).contains(name).contains("damaged");
        // What stands there is right, and the other shard's files are all there.
        long files = 0;
        for (int i = 0; i < 40; i++) {
            Path file = workspace.target().resolve("d" + i % 4 + "/f" + i);
            if (Files.exists(file)) {
                assertThat(file)
                        .hasSameBinaryContentAs(
                                workspace.sourcePath().resolve("d" + i % 4 + "/f" + i));
                files++;
            }
        }
        assertThat(files).isPositive();

        workspace.archiveStaysUsable();
        assertThat(workspace.verify("--round", "1").exits(3).error()).contains(name);
        workspace.verify("--round", "2").succeeds();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"format\": 1}", "{\"format\": 9}"})
    void damagedManifestIsNamed(String content) throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        workspace.backup("--level", "full").succeeds();
        Path manifest = workspace.archive().resolve("rounds/1/manifest.json");
        Files.writeString(manifest, content);
        String named = "sluice: archive '" + workspace.archive() + "': the manifest of round 1 ";
        assertThat(workspace.verify("--round", "1").refuses(1)).startsWith(named);
        workspace.verify("--round", "2").succeeds();
        workspace.archiveStaysUsable();
    }

    @Test
    void damagedChainIsNamed() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Path chain = workspace.archive().resolve("state/chain.json");
        byte[] written = Files.readAllBytes(chain);
        Files.writeString(chain, "{");
        assertThat(workspace.backup().refuses(1))
                .contains("'" + chain + "' is damaged", "restore it from a copy");
        // Reading needs no chain.
        workspace.verify().succeeds();
        Files.write(chain, written);
        workspace.archiveStaysUsable();
    }

    @Test
    void damagedLastRoundIsNamedWithTheMend() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Files.writeString(workspace.archive().resolve("state/last-round"), "x\n");
        assertThat(workspace.backup().refuses(1))
                .isEqualTo(
                        "sluice: archive '"
                                + workspace.archive()
                                + "': state/last-round is damaged: write the highest number of a round into it");
        Files.writeString(workspace.archive().resolve("state/last-round"), "1\n");
        workspace.archiveStaysUsable();
    }
}
