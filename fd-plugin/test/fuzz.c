/* SPDX-License-Identifier: AGPL-3.0-only */

/* What a backend says is any bytes: a backup of them ends, well or with one reason, whatever they are; and
   what it has stored can be restored. The entry point is libFuzzer's; fuzz-main.c calls it where there is
   no libFuzzer. The first byte chooses how much the core reads at once. */

#include "check.h"
#include "fake-core.h"
#include "memory-backend.h"
#include "streams.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const char OPENING[] = "C000012\nHello BaculaF000000\nF000000\nF000000\n";
static const char CLOSING[] = "F000000\nF000000\n";

static void say(struct text *said, const void *bytes, size_t count) {
    text_add(said, OPENING, sizeof OPENING - 1);
    text_add(said, bytes, count);
    text_add(said, CLOSING, sizeof CLOSING - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static int loaded;
    if (!loaded) {
        fake_load();
        loaded = 1;
    }
    if (count == 0) {
        return 0;
    }
    struct text said = {0};
    say(&said, bytes + 1, count - 1);
    memory_says(said.bytes, said.count, bytes[0] % 2 == 0 ? 0 : bytes[0], 0);
    struct fake_job stored = {.id = 1, .read_bytes = 600 + bytes[0] * 300};
    fake_backup(&stored, "sluice:path=/d");
    check(stored.fatal <= 1, "%s", stored.log);
    text_free(&said);
    if (stored.fatal == 0) {
        say(&said, NULL, 0);
        memory_says(said.bytes, said.count, 0, sizeof OPENING - 1);
        struct fake_job restored = {.id = 2};
        fake_restore(&restored, &stored, "/where");
        check(restored.fatal == 0, "%s", restored.log);
        text_free(&said);
    }
    fake_free(&stored);
    return 0;
}
