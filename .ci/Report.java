import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Sums up the XML reports of surefire and failsafe: {@code java Report.java <start>
 * <allowed-skips>}. Reads reports that are not older than the file {@code start}. Prints every
 * failed test and every skipped one that is not allowed, and last {@code N passed, N failed, N
 * skipped}. Exits with 1 when there was one of these, or no test at all.
 */
final class Report {
    private int passed;
    private int failed;
    private int skipped;
    private final List<String> complaints = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        new Report().run(Path.of(args[0]), Path.of(args[1]));
    }

    private void run(Path start, Path allowedSkips) throws Exception {
        Set<String> allowed = readAllowed(allowedSkips);
        FileTime from = Files.getLastModifiedTime(start);
        for (Path report : reports()) {
            // A filesystem may keep whole seconds.
            if (Files.getLastModifiedTime(report).toMillis() >= from.toMillis() - 1000) {
                read(report, allowed);
            }
        }
        if (passed + failed + skipped == 0) {
            complaints.add("no test ran");
        }
        // Maven's last bytes are colours, without a newline.
        System.out.println();
        complaints.forEach(System.out::println);
        System.out.printf("%d passed, %d failed, %d skipped%n", passed, failed, skipped);
        System.exit(complaints.isEmpty() ? 0 : 1);
    }

    private Set<String> readAllowed(Path file) throws IOException {
        Set<String> allowed = new HashSet<>();
        for (String line : Files.readAllLines(file)) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int hash = line.indexOf('#');
            if (hash < 0 || line.substring(hash + 1).isBlank()) {
                complaints.add(file + ": a reason is missing: " + line);
                continue;
            }
            allowed.add(line.substring(0, hash).strip());
        }
        return allowed;
    }

    private static List<Path> reports() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(""), 5)) {
            return files.filter(file -> file.getFileName().toString().matches("TEST-.*\\.xml"))
                    .filter(file -> file.getParent() != null)
                    .filter(
                            file ->
                                    file.getParent()
                                            .toString()
                                            .matches(".*target/(surefire|failsafe)-reports"))
                    .sorted()
                    .toList();
        }
    }

    private void read(Path report, Set<String> allowed) throws Exception {
        DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        NodeList cases = builder.parse(report.toFile()).getElementsByTagName("testcase");
        for (int i = 0; i < cases.getLength(); i++) {
            Element test = (Element) cases.item(i);
            String className = test.getAttribute("classname");
            // What follows is the parameters and the number of a repetition.
            String method = test.getAttribute("name").replaceFirst("[({\\[ ].*", "");
            String name =
                    method.isEmpty() || method.equals(className)
                            ? className
                            : className + "." + method;
            if (has(test, "failure") || has(test, "error")) {
                failed++;
                complaints.add("failed: " + name);
            } else if (has(test, "skipped")) {
                skipped++;
                if (!allowed.contains(className) && !allowed.contains(name)) {
                    complaints.add("skipped, and not listed in .ci/allowed-skips: " + name);
                }
            } else {
                passed++;
            }
        }
    }

    private static boolean has(Element test, String child) {
        return test.getElementsByTagName(child).getLength() > 0;
    }
}
