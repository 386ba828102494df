package io.sluice.common;

import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/**
 * Bad input or a broken promise, said in one line that names the thing, the reason and the mend. It
 * ends the run at once; no restart would help, and so Flink tries none, whatever it is wrapped in.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public class SluiceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SluiceException(String message) {
        super(message);
    }

    public SluiceException(String message, Throwable cause) {
        super(message, cause);
    }
}
