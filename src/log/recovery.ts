// Finding a log again: after a clean stop what the files say is trusted, else everything behind the recovery point is checked batch by
// batch (recovery-check.ts), and its indexes, epochs and producers are made again.

import { MalformedBytes } from '../base/bytes.ts'
import { aroundDamage } from './around-damage.ts'
import { SUFFIX } from './file-names.ts'
import { metadataFlushedTo } from './flushed-offset.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { LEADER_EPOCH_CHECKPOINT, type LogIdentity, LogState, PARTITION_METADATA } from './log-state.ts'
import { METADATA_TOPIC } from './offset-checkpoints.ts'
import { restoreProducers } from './producer-restore.ts'
import { checkAll } from './recovery-check.ts'
import { Segment } from './segment.ts'
import { type FoundFiles, findFiles } from './segment-files.ts'
import type { Shared } from './shared.ts'
import { DamagedFile, parsePartitionMetadata, readText } from './text-files.ts'
import { parseTransactionIndex } from './transaction-index.ts'

/** What recovery found and had to do after a stop that was not clean. */
export interface Recovered {
  /** Bytes that were no whole, unharmed batches, and were cut off. */
  readonly cutBytes: number
  /** Where the log ends since then. */
  readonly endOffset: number
}

/** What the directory's checkpoints say of a log. */
export interface Checkpointed {
  readonly recoveryPoint: number
  readonly startOffset: number
  readonly highWatermark: number
  readonly cleanedUpTo: number | null
  /** Whether a checkpoint was written since the log was made. */
  readonly isListed: boolean
}

export interface Loaded {
  readonly state: LogState
  readonly recovered: Recovered | null
}

/** Loads the log in `dir`. Throws DiskError; damage inside the files is mended as far as it can be and logged. */
export async function loadLog(
  shared: Shared,
  identity: Omit<LogIdentity, 'topicId'>,
  known: Checkpointed,
  isClean: boolean,
): Promise<Loaded> {
  const files = await findFiles(shared.disk, identity.dir)
  const state = new LogState(shared, { ...identity, topicId: await readTopicId(shared, identity, files) })
  state.epochs = await readEpochs(shared, identity.dir, files)
  state.cleanedUpTo = known.cleanedUpTo
  for (const offset of files.snapshots) state.snapshots.add(offset)
  await addSegments(state, files, known.startOffset)
  const trusted = isClean && !lacksEpochs(state) && (await resumeActive(state)) && endsAsSaid(state, known)
  const recovered = trusted ? null : await recover(state, checkFrom(state, known, isClean), await flushedTo(state, known, files))
  await finish(state, known, trusted)
  return { state, recovered }
}

// Neither checkpoint has a checksum: what was flushed and committed is what both of them say. The metadata log is in none of them.
async function flushedTo(
  { shared, dir, topic }: LogState,
  { recoveryPoint, highWatermark }: Checkpointed,
  { names }: FoundFiles,
): Promise<number> {
  if (topic === METADATA_TOPIC) return metadataFlushedTo(shared.disk, dir, names)
  return Math.min(recoveryPoint, highWatermark)
}

async function readTopicId(
  shared: Shared,
  { dir, topic }: Omit<LogIdentity, 'topicId'>,
  { names, segments }: FoundFiles,
): Promise<string | null> {
  const path = `${dir}/${PARTITION_METADATA}`
  // A directory that was formatted and never opened: nothing of it is missing.
  if (topic === METADATA_TOPIC && segments.length === 0 && !names.has(PARTITION_METADATA)) return null
  try {
    if (!names.has(PARTITION_METADATA)) throw new DamagedFile(`${path} is missing`)
    return parsePartitionMetadata(path, (await readText(shared.disk, path)) ?? '')
  } catch (thrown) {
    if (!(thrown instanceof DamagedFile)) throw thrown
    shared.logger.error('a partition does not know its topic id; it is taken for that of the topic of its name', {
      why: thrown.message,
    })
    return null
  }
}

async function readEpochs(shared: Shared, dir: string, { names }: FoundFiles): Promise<LeaderEpochs> {
  if (!names.has(LEADER_EPOCH_CHECKPOINT)) return LeaderEpochs.withoutFile()
  const path = `${dir}/${LEADER_EPOCH_CHECKPOINT}`
  try {
    return LeaderEpochs.parse(path, (await readText(shared.disk, path)) ?? '')
  } catch (thrown) {
    if (!(thrown instanceof DamagedFile)) throw thrown
    shared.logger.warn('the leader epochs of a log are made again from its batches', { why: thrown.message })
    return LeaderEpochs.withoutFile()
  }
}

async function addSegments(state: LogState, { segments }: FoundFiles, startOffset: number): Promise<void> {
  const { shared } = state
  for (const [i, { baseOffset, sizeInBytes, hasIndexes, hasTransactionIndex }] of segments.entries()) {
    const nextOffset = segments[i + 1]?.baseOffset ?? baseOffset
    const segment = new Segment(shared, state.dir, { baseOffset, sizeInBytes, nextOffset })
    segment.hasFile = true
    segment.isEntryFlushed = true
    segment.indexes.areWritten = hasIndexes
    segment.indexes.hasTransactionFile = hasTransactionIndex
    if (hasTransactionIndex) await readAborted(shared, segment)
    state.segments.add(segment)
  }
  if (segments.length === 0) state.addSegment(startOffset)
}

async function readAborted(shared: Shared, segment: Segment): Promise<void> {
  const path = segment.pathOf(SUFFIX.transactionIndex)
  try {
    segment.indexes.aborted = parseTransactionIndex(
      path,
      segment.baseOffset,
      (await shared.disk.readAtomic(path)) ?? new Uint8Array(0),
    )
  } catch (thrown) {
    if (!(thrown instanceof DamagedFile)) throw thrown
    segment.indexes.isTransactionFileDamaged = true
    shared.logger.warn('a transaction index is made again from its segment', { why: thrown.message })
  }
}

/** Takes the active segment up where it ended. False where its file does not end with a whole batch after all. */
async function resumeActive(state: LogState): Promise<boolean> {
  const { segments, shared } = state
  if (segments.all.some(({ indexes }) => indexes.isTransactionFileDamaged)) return false
  const { active } = segments
  try {
    if ((await active.resume()) !== active.sizeInBytes) return false
    state.endOffset = active.nextOffset
    return true
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    shared.logger.warn('a log is checked although the stop was clean', { dir: state.dir, why: thrown.message })
    return false
  }
}

// A clean stop wrote down where it ended. Should the two not agree, one of them is damaged, and the batches tell which.
function endsAsSaid({ shared, dir, endOffset }: LogState, { isListed, recoveryPoint }: Checkpointed): boolean {
  if (!isListed || recoveryPoint === endOffset) return true
  shared.logger.warn('a log is checked although the stop was clean: it does not end where the checkpoint says', {
    dir,
    endOffset,
    recoveryPoint,
  })
  return false
}

function lacksEpochs({ epochs, segments }: LogState): boolean {
  return epochs.isWithoutFile && segments.sizeInBytes > 0
}

// Epochs are written down before a recovery point is. Where they are lost although there are batches, all of these are asked again.
function checkFrom(state: LogState, { recoveryPoint }: Checkpointed, isClean: boolean): number {
  if (lacksEpochs(state)) return 0
  return isClean ? state.segments.active.baseOffset : recoveryPoint
}

async function recover(state: LogState, recoveryPoint: number, flushedOffset: number): Promise<Recovered> {
  const { segments, shared } = state
  const damaged = segments.all.findIndex(({ indexes }) => indexes.isTransactionFileDamaged)
  const first = Math.min(segments.indexOf(recoveryPoint), damaged < 0 ? Number.POSITIVE_INFINITY : damaged)
  const suspects = segments.all.slice(first)
  for (const segment of suspects) segment.isEntryFlushed = false // its name may be in the system's memory alone, as its end may be
  await restoreProducers(state, suspects[0]!.baseOffset, { assumeNoneWithoutSnapshot: false })
  const cutBytes = await checkAll(state, suspects, flushedOffset)
  goOnBehindDamage(state)
  const { active } = segments
  state.endOffset = active.nextOffset
  if (active.sizeInBytes > 0 && state.endOffset > recoveryPoint) {
    if (shared.flushesFound || state.topic === METADATA_TOPIC) await active.flush()
    else active.isFlushedTo(recoveryPoint)
  }
  for (const segment of segments.closed) {
    if (segment.indexes.areWritten) continue
    await aroundDamage(state, segment, () => segment.indexes.books()) // below the recovery point nothing was scanned: where index files are missing they are made here
    await segment.flush()
    await segment.indexes.write(true)
    segment.indexes.settle()
  }
  if (cutBytes > 0)
    shared.logger.warn('a log was cut behind its last whole batch', { dir: state.dir, cutBytes, endOffset: state.endOffset })
  return { cutBytes, endOffset: state.endOffset }
}

// Offsets that were given to clients do not come back with another meaning: where the last records are spoiled, the log goes on behind them.
function goOnBehindDamage(state: LogState): void {
  const { active } = state.segments
  const damage = active.damages.at(active.nextOffset)
  if (damage) state.addSegment(damage.endOffset)
}

async function finish(state: LogState, known: Checkpointed, trusted: boolean): Promise<void> {
  const { segments, epochs } = state
  believeCleaner(state)
  state.startOffset = Math.max(believableStart(state, known, trusted), segments.first.baseOffset)
  if (state.endOffset < state.startOffset) await restartAt(state, state.startOffset)
  state.highWatermark = Math.min(Math.max(known.highWatermark, state.startOffset), state.endOffset)
  const { length } = epochs.entries
  epochs.truncateFromEnd(state.endOffset)
  // Else the next start would take an epoch whose records are lost for the one that was appended in their place.
  if (epochs.entries.length < length) await state.saveEpochs()
  epochs.truncateFromStart(state.startOffset)
  if (trusted) await restoreProducers(state, state.endOffset, { assumeNoneWithoutSnapshot: true })
  await removeStraySnapshots(state)
}

// No checkpoint has a checksum. Nothing gets lost in a clean stop: a log that ends before its start then has a wrong number in one. And before
// a start is written down, the high watermark is that covers it: one behind all that was ever committed or flushed is wrong after a crash, too.
function believableStart({ shared, dir, endOffset }: LogState, known: Checkpointed, trusted: boolean): number {
  const { startOffset, recoveryPoint, highWatermark } = known
  if (startOffset <= endOffset || (!trusted && startOffset <= Math.max(recoveryPoint, highWatermark))) return startOffset
  shared.logger.error('log-start-offset-checkpoint cannot be true and is left out; deleted records may be readable again', {
    dir,
    startOffset,
    endOffset,
  })
  return 0
}

// Nothing is cleaned that is not there: with such a number the log would never be compacted again.
function believeCleaner(state: LogState): void {
  const { shared, dir, endOffset, cleanedUpTo } = state
  if (cleanedUpTo === null || cleanedUpTo <= endOffset) return
  shared.logger.warn('cleaner-offset-checkpoint cannot be true and is left out; the log is compacted from its start again', {
    dir,
    cleanedUpTo,
    endOffset,
  })
  state.cleanedUpTo = null
}

/** Less is left than the log said it starts with: nothing of it may be read, so it goes on, empty, where it should start; the files are kept. */
async function restartAt(state: LogState, offset: number): Promise<void> {
  const { segments, shared, endOffset } = state
  const gone = [...segments.all]
  const kept = gone.filter(({ hasFile }) => hasFile).map((segment) => `${segment.pathOf(SUFFIX.log)}${SUFFIX.cut}`)
  shared.logger.error('a log lost all that readers may see', {
    dir: state.dir,
    startOffset: offset,
    endOffset,
    kept: kept.join(', '),
  })
  segments.remove(gone)
  await state.retire(gone, SUFFIX.cut)
  state.addSegment(offset)
  state.endOffset = offset
  state.epochs.clear()
  state.producers.clear()
}

/** Snapshots are kept where a segment begins, and the latest of all. */
async function removeStraySnapshots(state: LogState): Promise<void> {
  const { segments, snapshots, endOffset } = state
  await state.removeSnapshots((offset) => offset > endOffset)
  const latest = Math.max(...snapshots)
  const bases = new Set(segments.all.map(({ baseOffset }) => baseOffset))
  await state.removeSnapshots((offset) => offset !== latest && !bases.has(offset))
}
