package io.sluice.bacula.director;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.testing.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is expected is what {@code bdirjson} of 15.0.3 makes of the same text. */
class ConfReaderTest {
    @TempDir private Path directory;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text, StandardCharsets.ISO_8859_1);
    }

    private Configuration read(String text) throws IOException {
        return ConfReader.read(List.of(write("test.conf", text)));
    }

    @Test
    void keywordsAreEqualInAnyCaseAndWithBlanks() throws IOException {
        Configuration read =
                read("fILE set\n{ Na me = fs2; ignoreFILESETchanges=Yes\n;; }; Director { }\n");
        Resource fileSet = read.first("FileSet").orElseThrow();
        assertThat(fileSet.name()).isEqualTo("fs2");
        assertThat(fileSet.directive("Ignore FileSet Changes").orElseThrow().isYes()).isTrue();
        assertThat(read.first("director")).isPresent();
        assertThat(fileSet.where()).endsWith("test.conf line 1");
        assertThat(fileSet.directive("Ignore FileSet Changes").orElseThrow().where())
                .endsWith("line 2");
    }

    @Test
    void quotesKeepWhatIsInThem() throws IOException {
        Resource fileSet =
                read("""
                                FileSet { Name = "fs 2" # { a comment "
                                  Include { Options { signature = MD5 } # }
                                    Plugin = "sluice:path=/a \\"q\\" \\\\b;x#\\
                                  shard=0/4"; File = /a, "/b, c",
                                    /d } }
                                """)
                        .first("FileSet")
                        .orElseThrow();
        assertThat(fileSet.name()).isEqualTo("fs 2");
        Resource include = fileSet.blocks("Include").get(0);
        assertThat(include.value("Plugin")).isEqualTo("sluice:path=/a \"q\" \\b;x#\n  shard=0/4");
        assertThat(include.directive("File").orElseThrow().values())
                .containsExactly("/a", "/b, c", "/d");
        assertThat(include.blocks("Options").get(0).value("Signature")).isEqualTo("MD5");
    }

    @Test
    void valuesEndWithLineSemicolonOrBrace() throws IOException {
        Configuration read =
                read(
                        "Messages { Name = Std; director = rig-dir = all, !skipped\r\n console = all }\n"
                                + "Schedule { Name = W; Run = Full 1st sun at 23:05 }");
        assertThat(
                        read.first("Messages")
                                .orElseThrow()
                                .directive("director")
                                .orElseThrow()
                                .values())
                .containsExactly("rig-dir = all", "!skipped");
        assertThat(read.first("Messages").orElseThrow().value("console")).isEqualTo("all");
        assertThat(read.first("Schedule").orElseThrow().value("Run"))
                .isEqualTo("Full 1st sun at 23:05");
    }

    @Test
    void includedFileStandsWhereItIsNamed() throws IOException {
        write("in side.conf", "\u00ef\u00bb\u00bf# nothing\nMaximum Concurrent Jobs = 3\n");
        write("jobs.conf", "Job { Name = a }\nJob { Name = b }");
        Configuration read =
                read(
                        "Director { Name = d\n @\"in side.conf\"\n }\n@jobs.conf\n@|\"sh -c 'rm -rf /nowhere'\"\n"
                                + "Job { Name = c }\n");
        assertThat(read.first("Director").orElseThrow().value("MaximumConcurrentJobs"))
                .isEqualTo("3");
        assertThat(read.all("Job").stream().map(Resource::name)).containsExactly("a", "b", "c");
        assertThat(read.all("Job").get(1).where()).endsWith("jobs.conf line 2");
        assertThat(read.commands())
                .singleElement()
                .asString()
                .contains("test.conf line 5: 'sh -c 'rm -rf /nowhere''");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Director { Name = a|line 1: the '{' of 'Director' is never closed",
                "Director { Name = \"a|line 1: a quote is never closed",
                "Director Name = a|line 1: expected '{' behind 'Director Name', got '='",
                "Director = { }|expected '{' behind 'Director', got '='",
                "}|expected a keyword, got '}'",
                "Director { Name }|expected '=' or '{' behind 'Name', got '}'",
                "Director { Name = }|expected a value, got '}'",
                "Director { Name = ; }|expected a value, got ';'",
                "Director { Name = {a} }|expected a value, got '{'",
                "Director { \"Name\" = a }|expected a keyword, got 'Name'",
                "@nothere.conf|nothere.conf' is not there",
                "@/|is no regular file",
                "@ |'@' names no file",
                "@test.conf|too many files include each other"
            })
    void mistakeIsToldInOneLineWithItsPlace(String text, String told) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining(told)
                .message()
                .contains("test.conf")
                .doesNotContain("\n");
    }

    /** Whatever the text is, it is read or refused; it neither hangs nor breaks the reader. */
    @Test
    void anyTextIsReadOrRefusedInOneLine() throws IOException {
        long seed = System.nanoTime();
        Random random = Seeds.random(seed);
        String[] parts = {
            "{",
            "}",
            "=",
            ";",
            ",",
            "\n",
            " ",
            "\"",
            "\\",
            "#",
            "@",
            "|",
            "a",
            "Name",
            "\r",
            "Job { Name = \"x\" }",
            "\u00ff",
            "\u0000",
            "@none",
            "Options {",
            "= yes;"
        };
        int readable = 0;
        for (int i = 0; i < 5000; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(20); j >= 0; j--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            try {
                read(text.toString());
                readable++;
            } catch (SluiceException e) {
                assertThat(e.getMessage()).as("seed %d: %s", seed, text).doesNotContain("\n");
            }
        }
        assertThat(readable).as("seed %d", seed).isPositive();
    }

    /** What is written in any of the ways that the format leaves open is read as what it is. */
    @Test
    void whateverIsWrittenIsReadBack() throws IOException {
        long seed = System.nanoTime();
        Random random = Seeds.random(seed);
        for (int i = 0; i < 500; i++) {
            List<Resource> resources = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(4); j >= 0; j--) {
                resources.add(resource(random, text, 0));
                text.append(random.nextBoolean() ? "\n" : " ; # end\n");
            }
            assertThat(read(text.toString()).resources())
                    .as("seed %d:%n%s", seed, text)
                    .usingRecursiveComparison()
                    .ignoringFieldsMatchingRegexes(".*where")
                    .isEqualTo(resources);
        }
    }

    private static Resource resource(Random random, StringBuilder text, int depth) {
        String type = keyword(random, text);
        text.append(random.nextBoolean() ? " {\n" : "\n{ # begin }\n");
        List<Directive> directives = new ArrayList<>();
        List<Resource> inner = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            if (depth < 3 && random.nextInt(4) == 0) {
                inner.add(resource(random, text, depth + 1));
                text.append('\n');
            } else {
                String name = keyword(random, text);
                text.append(random.nextBoolean() ? "=" : " = ");
                directives.add(new Directive(Resource.keyword(name), values(random, text), ""));
                text.append(random.nextBoolean() ? ";" : "\n");
            }
        }
        text.append('}');
        return new Resource(Resource.keyword(type), directives, inner, "");
    }

    private static String keyword(Random random, StringBuilder text) {
        String[] words = {"Maximum", "jobs", "NAME", "File", "x1"};
        StringBuilder keyword = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            keyword.append(words[random.nextInt(words.length)]).append(i > 0 ? " " : "");
        }
        text.append(keyword);
        return keyword.toString();
    }

    private static List<String> values(Random random, StringBuilder text) {
        String characters = "ab \\\"{};,#@=\n\u00e4/";
        List<String> values = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            StringBuilder value = new StringBuilder();
            for (int j = random.nextInt(8); j >= 0; j--) {
                value.append(characters.charAt(random.nextInt(characters.length())));
            }
            values.add(value.toString());
            text.append('"')
                    .append(value.toString().replace("\\", "\\\\").replace("\"", "\\\""))
                    .append('"');
            text.append(i > 0 ? (random.nextBoolean() ? "," : " ,\n ") : "");
        }
        return values;
    }
}
