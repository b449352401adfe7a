// Finding a log again: after a clean stop what the files say is trusted, else everything behind the recovery point is checked batch by
// batch, cut at the first that is not whole, and its indexes, epochs and producers are made again.

import { MalformedBytes } from '../base/bytes.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { SUFFIX } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { isLegacyMessage } from './legacy.ts'
import type { Recovered } from './log.ts'
import { LEADER_EPOCH_CHECKPOINT, type LogIdentity, LogState, PARTITION_METADATA } from './log-state.ts'
import { restoreProducers } from './producer-restore.ts'
import { Segment } from './segment.ts'
import { type FoundFiles, findFiles } from './segment-files.ts'
import type { Shared } from './shared.ts'
import { DamagedFile, parsePartitionMetadata, readText } from './text-files.ts'
import { parseTransactionIndex } from './transaction-index.ts'

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
  const state = new LogState(shared, { ...identity, topicId: await readTopicId(shared, identity.dir, files) })
  state.epochs = await readEpochs(shared, identity.dir, files)
  state.cleanedUpTo = known.cleanedUpTo
  for (const offset of files.snapshots) state.snapshots.add(offset)
  await addSegments(state, files, known.startOffset)
  const trusted = isClean && !lacksEpochs(state) && (await resumeActive(state))
  const recovered = trusted ? null : await recover(state, checkFrom(state, known, isClean))
  await finish(state, known, trusted)
  return { state, recovered }
}

async function readTopicId(shared: Shared, dir: string, { names }: FoundFiles): Promise<string | null> {
  const path = `${dir}/${PARTITION_METADATA}`
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
    segment.areIndexesWritten = hasIndexes
    segment.hasTransactionIndexFile = hasTransactionIndex
    if (hasTransactionIndex) await readAborted(shared, segment)
    state.segments.add(segment)
  }
  if (segments.length === 0) state.addSegment(startOffset)
}

async function readAborted(shared: Shared, segment: Segment): Promise<void> {
  const path = segment.pathOf(SUFFIX.transactionIndex)
  try {
    segment.aborted = parseTransactionIndex(path, segment.baseOffset, (await shared.disk.readAtomic(path)) ?? new Uint8Array(0))
  } catch (thrown) {
    if (!(thrown instanceof DamagedFile)) throw thrown
    segment.isTransactionIndexDamaged = true
    shared.logger.warn('a transaction index is made again from its segment', { why: thrown.message })
  }
}

/** Takes the active segment up where it ended. False where its file does not end with a whole batch after all. */
async function resumeActive(state: LogState): Promise<boolean> {
  const { segments, shared } = state
  if (segments.all.some(({ isTransactionIndexDamaged }) => isTransactionIndexDamaged)) return false
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

function lacksEpochs({ epochs, segments }: LogState): boolean {
  return epochs.isWithoutFile && segments.sizeInBytes > 0
}

// Epochs are written down before a recovery point is. Where they are lost although there are batches, all of these are asked again.
function checkFrom(state: LogState, { recoveryPoint }: Checkpointed, isClean: boolean): number {
  if (lacksEpochs(state)) return 0
  return isClean ? state.segments.active.baseOffset : recoveryPoint
}

async function recover(state: LogState, recoveryPoint: number): Promise<Recovered> {
  const { segments, shared } = state
  const damaged = segments.all.findIndex(({ isTransactionIndexDamaged }) => isTransactionIndexDamaged)
  const first = Math.min(segments.indexOf(recoveryPoint), damaged < 0 ? Number.POSITIVE_INFINITY : damaged)
  const suspects = segments.all.slice(first)
  for (const segment of suspects) segment.isEntryFlushed = false // its name may be in the system's memory alone, as its end may be
  await restoreProducers(state, suspects[0]!.baseOffset, { assumeNoneWithoutSnapshot: false })
  const cutBytes = await checkAll(state, suspects)
  const { active } = segments
  state.endOffset = active.nextOffset
  if (active.sizeInBytes > 0 && state.endOffset > recoveryPoint) await active.flush()
  for (const segment of segments.closed) {
    if (segment.areIndexesWritten) continue
    await segment.books() // below the recovery point nothing was scanned: where index files are missing they are made here
    await segment.flush()
    await segment.writeIndexes()
    segment.settle()
  }
  if (cutBytes > 0)
    shared.logger.warn('a log was cut behind its last whole batch', { dir: state.dir, cutBytes, endOffset: state.endOffset })
  return { cutBytes, endOffset: state.endOffset }
}

/** Checks one segment after the other and cuts off everything from the first fault on. How many bytes that were. */
async function checkAll(state: LogState, suspects: readonly Segment[]): Promise<number> {
  for (const [i, segment] of suspects.entries()) {
    const before = suspects[i - 1]
    if (before && hasHole(state, before, segment)) {
      state.shared.logger.warn('offsets are missing between two segments', {
        dir: state.dir,
        from: before.nextOffset,
        to: segment.baseOffset,
      })
      return cutAt(state, before, before.sizeInBytes, suspects.slice(i))
    }
    const end = await check(state, segment)
    if (end < segment.sizeInBytes) return cutAt(state, segment, end, suspects.slice(i + 1))
    const next = suspects[i + 1]
    if (next && next.baseOffset === segment.nextOffset) await saveSnapshot(state, next.baseOffset)
  }
  return 0
}

/** What closing the segment would have written, had the process lived: the next start need not read what comes before. */
async function saveSnapshot(state: LogState, offset: number): Promise<void> {
  if (state.snapshots.has(offset)) return
  await state.shared.disk.replaceAtomic(state.snapshotPath(offset), state.producers.snapshot())
  state.snapshots.add(offset)
}

// A power cut may keep the beginning of a segment and lose the end of the one before. Where a cleaner was, offsets are missing rightly, and
// where a follower's offsets went too far ahead for one segment.
function hasHole({ cleanedUpTo }: LogState, before: Segment, segment: Segment): boolean {
  return (
    before.nextOffset < segment.baseOffset && before.nextOffset >= (cleanedUpTo ?? 0) && before.takesOffset(segment.baseOffset)
  )
}

/** Makes books, epochs and producers again from the segment's batches. The position where the last good one ends. */
async function check(state: LogState, segment: Segment): Promise<number> {
  const { epochs, producers, config, shared } = state
  const size = segment.sizeInBytes
  let end = 0
  segment.restartBooks()
  try {
    for await (const { batch, position } of segment.contents(0, size)) {
      const fault = faultOf(batch, segment)
      if (fault) {
        shared.logger.warn('a batch cannot be believed', { file: segment.pathOf(SUFFIX.log), position, fault })
        break
      }
      segment.note(batch, position, config['index.interval.bytes'])
      epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset)
      const aborted = producers.add(batch)
      if (aborted) segment.addAborted(aborted)
      end = position + batch.sizeInBytes
    }
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    shared.logger.warn('the bytes behind the last batch are none', {
      file: segment.pathOf(SUFFIX.log),
      position: end,
      why: thrown.message,
    })
  }
  segment.endsAt(segment.nextOffset)
  return end
}

function faultOf(batch: RecordBatch, segment: Segment): string | null {
  if (isLegacyMessage(batch)) {
    const path = segment.pathOf(SUFFIX.log)
    throw new Error(
      `${path} holds messages of format ${batch.magic}, which this build cannot read: let Apache Kafka rewrite the topic first`,
    )
  }
  if (batch.magic !== 2) return `its format ${batch.magic} is none`
  if (!batch.checksumMatches()) return 'its checksum does not match'
  if (batch.baseOffset < segment.nextOffset) return `its offset ${batch.baseOffset} comes after ${segment.nextOffset}`
  if (batch.lastOffsetDelta < 0 || !segment.takesOffset(batch.lastOffset))
    return `its last offset ${batch.lastOffset} cannot be true`
  return null
}

async function cutAt(state: LogState, segment: Segment, end: number, behind: readonly Segment[]): Promise<number> {
  const cutBytes = segment.sizeInBytes - end + behind.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
  state.segments.remove(behind)
  await state.retire([...behind].reverse())
  await segment.truncate(end, segment.nextOffset)
  return cutBytes
}

async function finish(state: LogState, known: Checkpointed, trusted: boolean): Promise<void> {
  const { segments, epochs } = state
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

// Nothing gets lost in a clean stop: a log that ends before its start then has a wrong number in the checkpoint, which has no checksum.
function believableStart({ shared, dir, endOffset }: LogState, { startOffset }: Checkpointed, trusted: boolean): number {
  if (!trusted || startOffset <= endOffset) return startOffset
  shared.logger.error('log-start-offset-checkpoint cannot be true and is left out; deleted records may be readable again', {
    dir,
    startOffset,
    endOffset,
  })
  return 0
}

/** Less is left than the log said it starts with: nothing of it may be read, so it goes on, empty, where it should start. */
async function restartAt(state: LogState, offset: number): Promise<void> {
  const { segments, shared, endOffset } = state
  shared.logger.error('a log lost all that readers may see', { dir: state.dir, startOffset: offset, endOffset })
  const gone = [...segments.all]
  segments.remove(gone)
  await state.retire(gone)
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
