package io.sluice.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.Slice;
import java.util.Set;

/**
 * Imports run downwards only: cli to bacula, both to pipeline and restore, these to the connectors
 * and the sink (restore to the sink only), these to common. This module sees all of them.
 */
@AnalyzeClasses(
        packages = "io.sluice",
        importOptions = {DoNotIncludeTests.class, ImportRuleTest.NoTestJars.class})
final class ImportRuleTest {
    /** Leaves out what other modules' tests share. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    private static final String CLI = "io.sluice.cli..";
    private static final String BACULA = "io.sluice.bacula..";
    private static final String PIPELINE = "io.sluice.pipeline..";
    private static final String RESTORE = "io.sluice.restore..";
    private static final String SINK = "io.sluice.ptcomm..";
    private static final String COMMON = "io.sluice.common..";

    /** One package for each connector; a new connector is added here. */
    private static final String[] CONNECTORS = {"io.sluice.scan..", "io.sluice.lustre.."};

    @ArchTest
    static final ArchRule commonImportsNothingAbove =
            noClasses()
                    .that()
                    .resideInAPackage(COMMON)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(with(CONNECTORS, SINK, RESTORE, PIPELINE, BACULA, CLI))
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule sinkImportsCommonOnly =
            noClasses()
                    .that()
                    .resideInAPackage(SINK)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(with(CONNECTORS, RESTORE, PIPELINE, BACULA, CLI))
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule connectorsImportCommonOnly =
            noClasses()
                    .that()
                    .resideInAnyPackage(CONNECTORS)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(SINK, RESTORE, PIPELINE, BACULA, CLI)
                    .allowEmptyShould(true);

    /**
     * A connector's package is {@code io.sluice.<name>}; the parts that are none are left out. The
     * scan is every connector's base: a change source lists and asks as it does.
     */
    @ArchTest
    static final ArchRule connectorsDoNotImportEachOther =
            slices().matching("io.sluice.(*)..")
                    .namingSlices("$1")
                    .that(areConnectors())
                    .should()
                    .notDependOnEachOther()
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule theScanImportsNoOtherConnector =
            noClasses()
                    .that()
                    .resideInAPackage("io.sluice.scan..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.sluice.lustre..")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule restoreImportsSinkAndCommonOnly =
            noClasses()
                    .that()
                    .resideInAPackage(RESTORE)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(with(CONNECTORS, PIPELINE, BACULA, CLI))
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pipelineImportsNeitherRestoreNorCli =
            noClasses()
                    .that()
                    .resideInAPackage(PIPELINE)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(RESTORE, BACULA, CLI)
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule baculaDoesNotImportTheCommands =
            noClasses()
                    .that()
                    .resideInAPackage(BACULA)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(CLI)
                    .allowEmptyShould(true);

    /** The bridge and restore decode frames without Flink. */
    @ArchTest
    static final ArchRule codecDoesNotImportFlink =
            noClasses()
                    .that()
                    .resideInAPackage("io.sluice.ptcomm.codec..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.apache.flink..")
                    .allowEmptyShould(true);

    /** Names are bytes: a path that went through a String is another one, or none. */
    @ArchTest
    static final ArchRule rawByteAccessUsesNoTextPaths =
            noClasses()
                    .that()
                    .resideInAPackage("io.sluice.common.posix..")
                    .should()
                    .dependOnClassesThat()
                    .haveNameMatching("java\\.io\\.File|java\\.nio\\.file\\.(Path|Paths|Files)")
                    .allowEmptyShould(true);

    private static DescribedPredicate<Slice> areConnectors() {
        Set<String> others =
                Set.of("common", "scan", "ptcomm", "restore", "pipeline", "bacula", "cli");
        return DescribedPredicate.describe(
                "are connectors", slice -> !others.contains(slice.getNamePart(1)));
    }

    private static String[] with(String[] packages, String... more) {
        String[] all = new String[packages.length + more.length];
        System.arraycopy(packages, 0, all, 0, packages.length);
        System.arraycopy(more, 0, all, packages.length, more.length);
        return all;
    }
}
