package io.sluice.bacula.job;

import java.io.IOException;

/** What is to be said in the job's log before the stream's final F. */
interface LastWords {
    void say() throws IOException;
}
