package io.sluice.ptcomm.writer;

import io.sluice.common.SluiceException;
import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/** What another attempt of the job would not mend: the job is not restarted. */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class LastingFailureException extends SluiceException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message one line for the user
     */
    public LastingFailureException(String message) {
        super(message);
    }
}
