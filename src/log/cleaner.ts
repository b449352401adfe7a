// Compaction: of every key the last value stays, tombstones and markers for a while (KIP-534). Closed segments are written anew under
// another name and take the place of the old ones by renames that a start can finish or undo.

import { MalformedBytes } from '../base/bytes.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { SUFFIX } from './file-names.ts'
import { LatestOffsets } from './latest-offsets.ts'
import { segmentBytes } from './log-config.ts'
import type { LogState } from './log-state.ts'
import { type CleaningRules, retainedOf } from './retained.ts'
import { checkSegment } from './scrub.ts'
import { Segment } from './segment.ts'

export interface Compaction {
  /** Every key's last record before this offset is the only one left of it. */
  readonly cleanedUpTo: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

const MAP_BYTES = 64 * 1024 * 1024
const LARGEST_RELATIVE_OFFSET = 0x7fff_ffff
/** How much of the output waits in memory for the disk. */
const UNWRITTEN_MAX = 1024 * 1024
/** Of a disk, so much is left to the rest of the broker: half of what is kept free of records for its metadata and groups. */
const LEFT_PART = 1 / 40
const LEFT_MAX = 32 * 1024 * 1024

export interface CompactionLimits {
  /** Asked between segments and between batches. */
  readonly mustStop: () => boolean
  /** Bounds the map of keys of one pass; what does not fit is left to the next one. */
  readonly mapBytes?: number | undefined
}

/** Compacts what is dirty if there is enough of it. Every closed segment is on the device. Damaged ones are found, told of and left alone. */
export async function compact(state: LogState, now: number, limits: CompactionLimits): Promise<Compaction | null> {
  try {
    return await compactSound(state, now, limits)
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    const known = countDamaged(state)
    for (const segment of state.segments.closed) if (!limits.mustStop()) await checkSegment(state, segment)
    if (countDamaged(state) === known) throw thrown
    return null // the next run goes around what was found
  }
}

function countDamaged({ segments }: LogState): number {
  return segments.closed.reduce((sum, { damages }) => sum + damages.all.length, 0)
}

async function compactSound(
  state: LogState,
  now: number,
  { mustStop, mapBytes = MAP_BYTES }: CompactionLimits,
): Promise<Compaction | null> {
  const range = await dirtyRange(state, now, mustStop)
  if (!range) return null
  const latest = await readKeys(state, range, new LatestOffsets(range.start, mapBytes), mustStop)
  if (!latest || latest.endOffset <= range.start) return null
  const old = state.segments.closed.filter(({ baseOffset }) => baseOffset < latest.endOffset)
  const bytesBefore = sizeOf(old)
  const transactions = new CleanedTransactions(state.aborted(0))
  // What a damaged segment still says of a key may have been deleted by a tombstone behind it: then the tombstone stays as well.
  const forgetAt = old.some(isDamaged) ? 0 : now
  const rules = { latest, transactions, producers: state.producers, now: forgetAt, newHorizonMs: horizonOf(state, now) }
  // What is compacted must never be checked for missing offsets: it has some.
  await state.shared.checkpoint('recoveryPoint')
  let bytesAfter = 0
  for (const group of groupsOf(old, state)) {
    if (isDamaged(group[0]!)) {
      bytesAfter += sizeOf(group)
      continue
    }
    const fresh = await cleanGroup(state, group, rules, mustStop)
    if (!fresh) return null
    bytesAfter += fresh.sizeInBytes
    await takeOver(state, group, fresh)
  }
  state.cleanedUpTo = latest.endOffset
  await state.shared.checkpoint('cleanedUpTo')
  return { cleanedUpTo: latest.endOffset, bytesBefore, bytesAfter }
}

// Timestamps are stored as their distance from the horizon, which must stay a number that doubles can tell from its neighbours.
function horizonOf({ config }: LogState, now: number): number {
  return Math.min(now + config['delete.retention.ms'], Number.MAX_SAFE_INTEGER)
}

interface DirtyRange {
  readonly start: number
  readonly end: number
}

/** What could be compacted, if that is enough by `min.cleanable.dirty.ratio`, or old enough by `max.compaction.lag.ms`. */
async function dirtyRange(state: LogState, now: number, mustStop: () => boolean): Promise<DirtyRange | null> {
  const { segments, config, startOffset, highWatermark, producers } = state
  const start = Math.max(state.cleanedUpTo ?? 0, startOffset, segments.first.baseOffset)
  const stable = Math.min(highWatermark, producers.firstUnstableOffset ?? Number.POSITIVE_INFINITY)
  let end = start
  let cleanBytes = 0
  let dirtyBytes = 0
  let isOverdue = false
  const lagMs = config['min.compaction.lag.ms']
  for (const [i, segment] of segments.closed.entries()) {
    if (mustStop()) return null
    const segmentEnd = segments.all[i + 1]!.baseOffset
    if (segmentEnd <= start) {
      cleanBytes += segment.sizeInBytes
      continue
    }
    if (segmentEnd > stable || (lagMs > 0 && now - (await segment.indexes.maxTimestamp()) < lagMs)) break
    isOverdue ||= now - (segment.firstTimestamp ?? (await firstTimestamp(segment))) > config['max.compaction.lag.ms']
    dirtyBytes += segment.sizeInBytes
    end = segmentEnd
  }
  if (end === start || dirtyBytes === 0) return null
  const isDirty = dirtyBytes / (cleanBytes + dirtyBytes) > config['min.cleanable.dirty.ratio']
  return isDirty || isOverdue ? { start, end } : null
}

async function firstTimestamp(segment: Segment): Promise<number> {
  const first = await segment.find(0, segment.sizeInBytes, () => true)
  segment.firstTimestamp = first?.batch.maxTimestamp ?? segment.createdAt
  return segment.firstTimestamp
}

/** The last offset of each key in the range, up to where the map is full. Null when it had to stop. */
async function readKeys(
  state: LogState,
  range: DirtyRange,
  latest: LatestOffsets,
  mustStop: () => boolean,
): Promise<LatestOffsets | null> {
  const { segments } = state
  const aborted = [...state.aborted(range.start)].filter(({ lastOffset }) => lastOffset >= range.start)
  const transactions = new CleanedTransactions(aborted)
  for (const segment of segments.from(range.start)) {
    if (segment.baseOffset >= range.end) break
    for await (const { batch } of segment.contents(await segment.indexes.startFor(range.start), segment.sizeInBytes)) {
      requireSound(batch)
      if (mustStop()) return null
      if (batch.lastOffset < range.start) continue
      if (latest.isFull) return latest
      if (!transactions.isObsolete(batch) && !batch.isControl) putKeys(batch, latest, range.start)
      latest.endOffset = batch.nextOffset
    }
    latest.endOffset = segments.all[segments.all.indexOf(segment) + 1]!.baseOffset
  }
  return latest
}

function putKeys(batch: RecordBatch, latest: LatestOffsets, start: number): void {
  for (const { key, offset } of batch.records()) if (key !== null && offset >= start) latest.put(key, offset)
}

// A copy of a damaged batch would hide where it came from, and its keys cannot be believed.
function requireSound(batch: RecordBatch): void {
  if (!batch.checksumMatches()) throw new MalformedBytes(`the batch at offset ${batch.baseOffset} does not match its checksum`)
}

/** Left as it is: every byte of it may be needed to find out what was lost. */
function isDamaged({ damages }: Segment): boolean {
  return !damages.isEmpty
}

/** Neighbours that fit into one segment together; one that is damaged stands alone. */
function groupsOf(segments: readonly Segment[], { config }: LogState): Segment[][] {
  const groups: Segment[][] = []
  for (const segment of segments) {
    const group = groups.at(-1)
    const fits =
      group &&
      !isDamaged(segment) &&
      !isDamaged(group[0]!) &&
      sizeOf(group) + segment.sizeInBytes <= segmentBytes(config) &&
      segment.nextOffset - group[0]!.baseOffset <= LARGEST_RELATIVE_OFFSET
    if (fits) group.push(segment)
    else groups.push([segment])
  }
  return groups
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
}

/** What is left of a group, written and flushed under a name that a start does not believe. Null when it had to stop. */
async function cleanGroup(
  state: LogState,
  group: readonly Segment[],
  rules: CleaningRules,
  mustStop: () => boolean,
): Promise<Segment | null> {
  const { shared, dir } = state
  const { baseOffset } = group[0]!
  const fresh = new Segment(shared, dir, { baseOffset, sizeInBytes: 0, nextOffset: baseOffset, mark: SUFFIX.cleaned })
  rules.transactions.onKept = (entry) => fresh.indexes.addAborted(entry)
  try {
    if (!(await writeRetained(state, group, fresh, rules, mustStop))) return await dropped(fresh)
  } catch (thrown) {
    await dropped(fresh)
    throw thrown
  }
  await writeOut(fresh)
  await fresh.flush() // makes the file even where nothing is left
  fresh.hasFile = true
  await fresh.indexes.write(true)
  const { nextOffset } = group.at(-1)!
  fresh.endsAt(Math.max(fresh.nextOffset, nextOffset))
  return fresh
}

/** False when it had to stop. */
async function writeRetained(
  state: LogState,
  group: readonly Segment[],
  fresh: Segment,
  rules: CleaningRules,
  mustStop: () => boolean,
): Promise<boolean> {
  const { shared, config } = state
  for (const segment of group) {
    for await (const { batch } of segment.contents(0, segment.sizeInBytes)) {
      if (mustStop()) return false
      requireSound(batch)
      const left = retainedOf(batch, rules)
      if (left) fresh.append(new RecordBatch(left), config['index.interval.bytes'], shared.clock.now())
      if (fresh.sizeInBytes - fresh.tail.writtenPosition <= UNWRITTEN_MAX) continue
      if (!(await hasRoom(state, fresh))) return false
      await writeOut(fresh)
    }
  }
  return hasRoom(state, fresh)
}

// What is written here is needed twice until it takes the place of the old. A disk that this would fill would be of use to nobody.
async function hasRoom({ shared, dir, name }: LogState, fresh: Segment): Promise<boolean> {
  const { total, usable } = await shared.disk.space(dir)
  const unwritten = fresh.sizeInBytes - fresh.tail.writtenPosition
  if (total === 0) return true // it does not say
  if (usable - unwritten > Math.min(LEFT_MAX, total * LEFT_PART)) return true
  shared.logger.warn('a log is not compacted: the disk is nearly full', {
    log: name,
    usableBytes: usable,
    whatToDo: 'free some space: then compaction goes on by itself',
  })
  return false
}

// The next attempt must not find the bytes of this one.
async function dropped(fresh: Segment): Promise<null> {
  await writeOut(fresh)
  await fresh.remove()
  return null
}

// Nobody reads it soon, so it shall not take the memory of what is read.
async function writeOut(segment: Segment): Promise<void> {
  await segment.send(() => {})
  segment.tail.clear()
}

/** Puts the new segment in the place of the old ones, on disk and in memory. */
async function takeOver(state: LogState, group: readonly Segment[], fresh: Segment): Promise<void> {
  const { shared, dir, segments } = state
  await fresh.rename(SUFFIX.swap) // from here on a start finishes what is begun
  await shared.disk.flushDirectory(dir)
  segments.replace(group, [fresh])
  await state.retire(group)
  await fresh.rename('')
  await shared.disk.flushDirectory(dir)
  const joined = new Set(group.slice(1).map(({ baseOffset }) => baseOffset))
  await state.removeSnapshots((offset) => joined.has(offset))
  fresh.indexes.settle()
}
