package io.sluice.restore;

import java.io.IOException;

/**
 * The restore of one shard, of one round of the chain, by one thread:
 *
 * <ol>
 *   <li>what counts in the stream is read into a {@link Restorer}, and then the links that it does
 *       not have itself ({@link JoinedLinks});
 *   <li>links whose file it has written are made;
 *   <li>for the others, the stream is read again into {@link LinkRestorer}s;
 *   <li>their remaining links are made.
 * </ol>
 */
final class ShardRestore {
    private final int shard;
    private final RoundStreams streams;
    private final Winners winners;
    private final JoinedLinks joined;
    private final RestoreOptions options;
    private final DirectoryJournal directories;
    private final RestoreJournal runs;
    private final ShardJournal journal;
    private final Target target;
    private final RestoreEnd end;
    private final RestoreTally tally;

    /**
     * Links that wait for their data; each time that they fill it, the shard's stream is read once.
     * By then the journal has given its memory back.
     */
    private static final int HOLDERS_BYTES = 4 << 20;

    private final int runBytes;

    ShardRestore(
            int shard,
            RoundStreams streams,
            Winners winners,
            JoinedLinks joined,
            RestoreOptions options,
            DirectoryJournal directories,
            RestoreJournal runs,
            Target target,
            RestoreEnd end,
            RestoreTally tally,
            int runBytes) {
        this.shard = shard;
        this.streams = streams;
        this.winners = winners;
        this.joined = joined;
        this.options = options;
        this.directories = directories;
        this.runs = runs;
        this.journal = new ShardJournal(runs, shard);
        this.target = target;
        this.end = end;
        this.tally = tally;
        this.runBytes = runBytes;
    }

    void run() throws IOException {
        boolean replaceOthers = options.replace() == Replace.ALWAYS;
        int trees = ShardThreads.atOnce(streams.shards());
        try (TargetTree tree = new TargetTree(target, replaceOthers, new Making(), trees);
                LinkJournal links = new LinkJournal(options.spillDirectory(), runBytes)) {
            if (journal.hasEarlierFiles()) {
                journal.earlierFiles(links::earlier);
            }
            try (Restorer restorer =
                    new Restorer(
                            options,
                            streams.metadataOnly(),
                            tree,
                            journal,
                            directories,
                            links,
                            end,
                            tally)) {
                winners.read(
                        streams,
                        shard,
                        restorer,
                        new Suspicion(restorer::suspect, tally::damagedSegment));
                restorer.breakOff();
                joined.read(shard, restorer::entry);
            }
            try (LinkJournal rest = new LinkJournal(options.spillDirectory(), runBytes);
                    FirstPass first = new FirstPass(tree, rest)) {
                links.read(first);
                first.readAgain();
                rest.read(new LastPass(first.maker));
            }
        }
    }

    /** Directories are announced to later runs, and remembered for their attributes. */
    private final class Making implements TargetTree.Making {
        @Override
        public void making(byte[] path) {
            runs.making(path);
        }

        @Override
        public void made(byte[] path) throws IOException {
            directories.made(path);
        }

        @Override
        public void notMade(byte[] path) {
            runs.notMade(path);
        }
    }

    /** Links that have waited for the end of the stream. */
    private final class FirstPass implements LinkJournal.Reader, AutoCloseable {
        private final TargetTree tree;
        private final LinkJournal rest;
        private final LinkMaker maker;
        private LinkRestorer batch;

        FirstPass(TargetTree tree, LinkJournal rest) {
            this.tree = tree;
            this.rest = rest;
            this.maker = new LinkMaker(tree, options.replace(), journal, end, tally);
        }

        @Override
        public boolean isThere(LinkJournal.Written file) {
            return maker.isThere(file);
        }

        @Override
        public void written(LinkJournal.Written file, LinkJournal.Link link) throws IOException {
            end.checkStopped();
            maker.link(file, link);
        }

        @Override
        public void withoutData(LinkJournal.Link link) {
            tally.skipped(link.path(), SkipReason.NO_DATA);
        }

        @Override
        public boolean notWritten(LinkJournal.Link link, boolean held) throws IOException {
            if (maker.isKept(link)) {
                tally.skipped(link.path(), SkipReason.EXISTS);
                return false;
            }
            if (held) {
                rest.link(link);
                return false;
            }
            if (batch != null && batch.isFull()) {
                readAgain();
            }
            if (batch == null) {
                FileRestorer files =
                        new FileRestorer(
                                tree,
                                options.replace(),
                                journal,
                                options.hooks(),
                                false,
                                end,
                                tally);
                SpecialRestorer specials =
                        new SpecialRestorer(tree, options.replace(), journal, end, tally);
                batch =
                        new LinkRestorer(
                                files,
                                specials,
                                rest,
                                end,
                                tally,
                                Math.max(runBytes, HOLDERS_BYTES));
            }
            batch.add(link);
            return true;
        }

        void readAgain() throws IOException {
            if (batch != null) {
                // What is damaged has been told by the first reading. A file's data is in the
                // stream of its links also where its own name no longer counts.
                streams.read(shard, batch, new Suspicion(batch::suspect, damage -> {}));
                batch.countMissing();
                batch.close();
                batch = null;
            }
        }

        @Override
        public void close() {
            if (batch != null) {
                batch.close();
            }
        }
    }

    /** Links whose file's data went to another link. */
    private final class LastPass implements LinkJournal.Reader {
        private final LinkMaker maker;

        LastPass(LinkMaker maker) {
            this.maker = maker;
        }

        @Override
        public boolean isThere(LinkJournal.Written file) {
            return maker.isThere(file);
        }

        @Override
        public void written(LinkJournal.Written file, LinkJournal.Link link) throws IOException {
            end.checkStopped();
            maker.link(file, link);
        }

        @Override
        public void withoutData(LinkJournal.Link link) {
            tally.skipped(link.path(), SkipReason.NO_DATA);
        }

        @Override
        public boolean notWritten(LinkJournal.Link link, boolean held) {
            FileRestorer.missing(link.path(), tally);
            return false;
        }
    }
}
