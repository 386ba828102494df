package io.sluice.lustre.source;

import io.sluice.lustre.resolve.FidNames;

/** A mounted Lustre, as far as the change source needs it. */
record Filesystem(Changelogs changelogs, FidNames names) {}
