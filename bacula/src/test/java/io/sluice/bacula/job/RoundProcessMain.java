package io.sluice.bacula.job;

import io.sluice.bacula.set.RoundMain;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** A round's process with the classes of the tests. */
public final class RoundProcessMain {
    private RoundProcessMain() {}

    public static void main(String[] arguments) throws IOException {
        PrintStream out = System.out;
        System.setOut(System.err);
        RoundMain.run(System.in, out);
        System.exit(0);
    }

    static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(RoundProcessMain.class.getName());
        return command;
    }
}
