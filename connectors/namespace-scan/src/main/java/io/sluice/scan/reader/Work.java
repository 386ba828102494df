package io.sluice.scan.reader;

/** What a walker does next. */
sealed interface Work permits DirectoryTask, NameBatch {}
