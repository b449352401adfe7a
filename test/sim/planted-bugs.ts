// Bugs that somebody could have made. Each is planted, one at a time, into the compiled sources while they are loaded, and simulation has to
// find it: `npm run sim -- --bugs`. The sources know nothing of them.

export interface PlantedBug {
  readonly name: string
  /** What the broker does wrong. */
  readonly what: string
  /** A compiled file, or a folder in one file of which the text is. */
  readonly where: string
  /** Text that is there exactly once. */
  readonly find: string
  readonly replace: string
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'ack-before-flush',
    what: 'acks=all answers when the batch is with the operating system',
    where: 'src/replication/partition-state.js',
    find: "=== 'fsync' ? this.log.flushedOffset : this.log.writtenOffset;",
    replace: "=== 'fsync' ? this.log.writtenOffset : this.log.writtenOffset;",
  },
  {
    name: 'commit-at-end',
    what: 'the high watermark is the end of the log, whatever of it is written',
    where: 'src/replication/partition-state.js',
    find: "=== 'fsync' ? this.log.flushedOffset : this.log.writtenOffset;",
    replace: "=== 'fsync' ? this.log.endOffset : this.log.endOffset;",
  },
  {
    name: 'failed-flush-ignored',
    what: 'a flush that failed counts as one that was',
    where: 'src/log/segment.js',
    find: 'await this.#file.use((file) => file.flush());',
    replace: 'await this.#file.use((file) => file.flush().catch(() => {}));',
  },
  {
    name: 'failed-flush-retried',
    what: 'a flush that failed is simply done again',
    where: 'src/log/segment.js',
    find: 'await this.#file.use((file) => file.flush());',
    replace: 'await this.#file.use((file) => file.flush().catch(() => file.flush()));',
  },
  {
    name: 'failed-flush-believed',
    what: 'a start believes what the system still has of a flush that failed',
    where: 'src/log/log-loader.js',
    find: 'await this.#writeAgain(partition);',
    replace: '',
  },
  {
    name: 'producers-not-restored',
    what: 'recovery does not tell the producers of what it found',
    where: 'src/log',
    find: 'const aborted = producers.add(batch);',
    replace: 'const aborted = null;',
  },
  {
    name: 'sequence-window-off',
    what: 'a gap in the sequences is not noticed',
    where: 'src/log/producer-state.js',
    find: 'if (!isInOrder) {',
    replace: 'if (!isInOrder && false) {',
  },
  {
    name: 'torn-tail-kept',
    what: 'what lies behind the last whole batch is not cut off at a start',
    where: 'src/log',
    find: 'await segment.truncate(end, segment.nextOffset);',
    replace: '',
  },
  {
    name: 'always-clean',
    what: 'every stop counts as a clean one: nothing is checked',
    where: 'src/log/recovery.js',
    find: 'const trusted = isClean &&',
    replace: 'const trusted = true ||',
  },
  {
    name: 'directory-not-flushed',
    what: 'the name of a new log is not flushed in its parent',
    where: 'src/log/log-state.js',
    find: 'await Promise.all([shared.disk.flushDirectory(this.dir), shared.entries.run()]);',
    replace: 'await shared.disk.flushDirectory(this.dir);',
  },
  {
    name: 'segment-name-not-flushed',
    what: 'the name of a new segment is not flushed in its directory',
    where: 'src/log/segment.js',
    find: 'if (!this.isEntryFlushed) {',
    replace: 'if (false) {',
  },
  {
    name: 'answer-before-commit',
    what: 'coordinator and controller answer before what they wrote is committed',
    where: 'src/machine/runtime.js',
    find: 'this.#parked.park(this.#commitWait(), asker, decision.reply, effects);',
    replace: 'this.#parked.park({ offset: 0, deadline: Infinity }, asker, decision.reply, effects);',
  },
  {
    name: 'metadata-commit-at-written',
    what: 'metadata counts as committed when it is with the operating system',
    where: 'src/raft/replica-log.js',
    find: 'return this.#log.flushedOffset;',
    replace: 'return this.#log.writtenOffset;',
  },
  {
    name: 'generation-not-checked',
    what: 'a member of an older generation may commit',
    where: 'src/coordinator/group/commands/commit-offsets.js',
    find: 'if (generation !== group.generation)',
    replace: 'if (false)',
  },
  {
    name: 'sync-of-any-generation',
    what: 'a member of an older generation is given an assignment',
    where: 'src/coordinator/group/commands/sync.js',
    find: 'if (generationId !== group.generation)',
    replace: 'if (false)',
  },
  {
    name: 'sessions-never-end',
    what: 'a member that fell silent stays for ever',
    where: 'src/coordinator/group/commands/session.js',
    find: 'removeMembers(step, [member]);',
    replace: '',
  },
  {
    name: 'log-start-not-saved',
    what: 'DeleteRecords answers before it wrote down where the log starts',
    where: 'src/log/log-state.js',
    find: "await this.shared.checkpoint('startOffset');",
    replace: '',
  },
  {
    name: 'epochs-not-found-again',
    what: 'recovery does not note which leader epochs it met',
    where: 'src/log/recovery-check.js',
    find: 'epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);',
    replace: '',
  },
  {
    name: 'read-beyond-high-watermark',
    what: 'readers are given what is not committed',
    where: 'src/replication/partition.js',
    find: 'const limit = readCommitted ? this.lastStableOffset : this.highWatermark',
    replace: 'const limit = this.log.endOffset',
  },
  {
    name: 'index-one-too-far',
    what: 'index entries point behind their batch',
    where: 'src/log/books.js',
    find: 'this.offsets.append(lastOffset, position);',
    replace: 'this.offsets.append(lastOffset, position + batch.sizeInBytes);',
  },
  {
    name: 'compaction-keeps-the-first',
    what: 'of each key the cleaner keeps an older record beside the last',
    where: 'src/log/retained.js',
    find: 'if (offset < latest.get(key))',
    replace: 'if (offset === latest.get(key))',
  },
  {
    name: 'producer-ids-twice',
    what: 'a block of producer ids is handed out again',
    where: 'src/metadata/controller/producer-ids.js',
    find: 'const nextProducerId = producerIdStart + PRODUCER_ID_BLOCK_SIZE;',
    replace: 'const nextProducerId = producerIdStart + 0;',
  },
  {
    name: 'checksum-not-checked',
    what: 'recovery believes batches whose checksum does not match',
    where: 'src/log',
    find: "if (!(isIntact ?? batch.checksumMatches()))\n        return 'its checksum does not match';",
    replace: '',
  },
  {
    name: 'deletes-too-much',
    what: 'DeleteRecords deletes all that is committed, whatever it was asked for',
    where: 'src/replication/partition.js',
    find: 'await this.log.deleteBefore(target);',
    replace: 'await this.log.deleteBefore(this.highWatermark);',
  },
  {
    name: 'ack-before-write',
    what: 'acks=1 answers before the batch is with the operating system',
    where: 'src/replication/acknowledgements.js',
    find: ': this.#written.until(offset, Number.POSITIVE_INFINITY);',
    replace: ': undefined;',
  },
  {
    name: 'compaction-loses-revived',
    what: 'the cleaner drops values that came a while after a tombstone of their key',
    where: 'src/log/retained.js',
    find: 'if (offset < latest.get(key))',
    replace:
      'if (value === null && key.length < 6) (rules.revived ??= new Set()).add(String(key)); else if (rules.revived?.has(String(key))) return false; if (offset < latest.get(key))',
  },
]
