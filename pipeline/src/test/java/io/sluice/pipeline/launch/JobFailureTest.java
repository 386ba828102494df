package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.SluiceException;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import org.apache.flink.runtime.JobException;
import org.junit.jupiter.api.Test;

/** The one line that becomes of a job's failure. */
class JobFailureTest {
    private static String line(Throwable failure) {
        JobException wrapped = new JobException("the job failed", failure);
        return JobFailure.line(wrapped, TestTree.bytes("archive"), true);
    }

    @Test
    void aFullDiskIsToldAsOneWhoeverMeetsItFirst() {
        String line = "no space left in archive 'archive': free space there and run again";
        IOException full = new IOException("No space left on device");
        assertThat(line(full)).isEqualTo(line);
        assertThat(line(new SluiceException("cannot write 'f': " + full.getMessage(), full)))
                .isEqualTo(line);
    }

    @Test
    void whatIsMeantForTheUserIsToldAsItIs() {
        IOException full = new IOException("No space left on device");
        assertThat(line(new SluiceException("free space there", full)))
                .isEqualTo("free space there");
        assertThat(line(new IOException("other"))).isEqualTo("IOException: other");
    }
}
