/* For LD_PRELOAD: what of bacula-fd's time is its fdatasync of each file that it reads. */

int fdatasync(int descriptor);

int fdatasync(int descriptor) {
    (void) descriptor;
    return 0;
}
