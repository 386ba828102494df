package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;

/** What a round was to go on from is not there, or not whole. A full round can begin anew. */
public final class MissingBaseException extends SluiceException {
    private static final long serialVersionUID = 1L;

    /** How the command line begins a new chain. */
    static final String MEND = "; say --level full to begin a new chain";

    private final String problem;

    MissingBaseException(String problem) {
        super(problem + MEND);
        this.problem = problem;
    }

    /** What is missing, without the mend, which is another one where no options are given. */
    public String problem() {
        return problem;
    }
}
