// What recovery looks at batch by batch, and where it has to cut. Behind what is known to have been on the device, the first fault is a torn
// write: it ends the log, as with Apache Kafka. Before that, it is damage: what is sound behind it was acknowledged, and stays.

import { MalformedBytes } from '../base/bytes.ts'
import { type Disk, DiskError } from '../platform/disk.ts'
import { HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'
import { faultOf, looksSound } from './batch-check.ts'
import type { Damage } from './damage.ts'
import { SUFFIX } from './file-names.ts'
import { hasGaps } from './gaps.ts'
import { isLegacyMessage } from './legacy.ts'
import { isCompacted } from './log-config.ts'
import type { LogState } from './log-state.ts'
import { tellOf } from './scrub.ts'
import type { Placed, Segment } from './segment.ts'
import { SegmentCheck } from './segment-check.ts'

const OFFSETS_OF_A_SEGMENT = 0x8000_0000
const COPY_BYTES = 1024 * 1024

/** Checks one segment after the other and cuts off everything from the first torn write on. How many bytes that were. */
export async function checkAll(state: LogState, suspects: readonly Segment[], flushedOffset: number): Promise<number> {
  for (const [i, segment] of suspects.entries()) {
    const before = suspects[i - 1]
    if (before && hasHole(state, before, segment) && !(await isCleaned(before, suspects.slice(i)))) {
      const isDamage = before.nextOffset < flushedOffset
      state.shared.logger[isDamage ? 'error' : 'warn']('offsets are missing between two segments', {
        dir: state.dir,
        from: before.nextOffset,
        to: segment.baseOffset,
        isKept: isDamage,
      })
      if (!isDamage) return cutAt(state, before, before.sizeInBytes, suspects.slice(i))
    }
    const end = await check(state, segment, flushedOffset)
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
// where a follower's offsets went too far ahead for one segment; where damage is known, they are no secret.
function hasHole({ cleanedUpTo }: LogState, before: Segment, segment: Segment): boolean {
  return (
    before.nextOffset < segment.baseOffset &&
    before.nextOffset >= (cleanedUpTo ?? 0) &&
    before.takesOffset(segment.baseOffset) &&
    before.damages.at(before.nextOffset) === null
  )
}

// The checkpoint of the cleaner may be lost, or behind what Apache Kafka cleaned last. Then gaps inside of segments tell: a cleaner goes from the
// beginning of a log on, so one that came to what lies behind the hole was here as well.
async function isCleaned(before: Segment, behind: readonly Segment[]): Promise<boolean> {
  for (const segment of [before, ...behind]) if (await hasGaps(segment)) return true
  return false
}

interface Seen {
  /** Where the last batch ends that was taken into the books. */
  readonly end: number
  /** Why what follows there was not; null at the end of the segment. */
  readonly fault: string | null
}

/** Makes books, epochs and producers again from the segment's batches. The position where the last good one ends. */
async function check(state: LogState, segment: Segment, flushedOffset: number): Promise<number> {
  segment.restartBooks()
  for (let position = 0; ; ) {
    const { end, fault } = await noteFrom(state, segment, position)
    const isFlushed = fault !== null && segment.nextOffset < flushedOffset
    const damages = isFlushed ? await damagesFrom(state, segment, { end, fault }, flushedOffset) : []
    const [first] = damages
    if (first) {
      const before = segment.damages.all.filter((known) => known.position < first.position) // the others were just found again
      tellOf(state, segment, segment.tookDamage([...before, ...damages]))
      position = first.endPosition
      continue
    }
    if (fault !== null)
      state.shared.logger.warn('a batch cannot be believed', { file: segment.pathOf(SUFFIX.log), position: end, fault })
    segment.endsAt(segment.nextOffset)
    return end
  }
}

async function noteFrom(state: LogState, segment: Segment, from: number): Promise<Seen> {
  const { epochs, producers, config } = state
  const size = segment.sizeInBytes
  let end = from
  let isBehindDamage = from > 0
  try {
    for await (const { batch, position } of segment.contents(from, size)) {
      isBehindDamage ||= position > end
      end = position
      const fault = faultIn(batch, segment) ?? (await contradiction(state, segment, { batch, position }, isBehindDamage))
      if (fault) return { end, fault }
      segment.note(batch, position, config['index.interval.bytes'])
      epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset)
      const aborted = producers.add(batch)
      if (aborted) segment.indexes.addAborted(aborted)
      end = position + batch.sizeInBytes
      isBehindDamage = false
    }
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    return { end: behindKnown(segment, end), fault: thrown.message }
  }
  end = behindKnown(segment, end)
  return { end, fault: end < size ? 'the bytes behind the last batch are none' : null }
}

/** The position itself, or where the damage ends that is known to begin there. */
function behindKnown({ damages }: Segment, position: number): number {
  return damages.all.find((known) => known.position === position)?.endPosition ?? position
}

function faultIn(batch: RecordBatch, segment: Segment): string | null {
  if (!isLegacyMessage(batch))
    return faultOf(batch, { nextOffset: segment.nextOffset, endOffset: segment.baseOffset + OFFSETS_OF_A_SEGMENT })
  const path = segment.pathOf(SUFFIX.log)
  throw new Error(
    `${path} holds messages of format ${batch.magic}, which this build cannot read: let Apache Kafka rewrite the topic first`,
  )
}

/**
 * Offset and epoch lie outside of the checksum. Where they are not simply those that follow, what lies behind has to agree, be it the next
 * segment. A gap alone is no fault: compaction leaves some. Only the last batch of all has no such witness, and where nothing else in the log
 * speaks for compaction, it must follow.
 */
async function contradiction(
  state: LogState,
  segment: Segment,
  { batch, position }: Placed,
  isBehindDamage: boolean,
): Promise<string | null> {
  const { baseOffset, partitionLeaderEpoch: epoch } = batch
  const expected = isBehindDamage ? baseOffset : segment.nextOffset // what follows damage leaves out what it holds
  const isGap = baseOffset > expected && baseOffset >= (state.cleanedUpTo ?? 0)
  if (!isGap && epoch <= state.epochs.latest) return null
  const behind = await headerAt(segment, position + batch.sizeInBytes)
  if (isGap && !(await isConfirmed(state, segment, behind, batch.nextOffset)))
    return `its offset is ${baseOffset}, where ${expected} has to come`
  if (behind && behind.partitionLeaderEpoch < epoch)
    return `its leader epoch ${epoch} comes before ${behind.partitionLeaderEpoch}`
  return null
}

/** Whether what lies behind a batch that comes after a gap leaves room for it. */
async function isConfirmed(
  { segments, config, cleanedUpTo }: LogState,
  segment: Segment,
  behind: RecordBatch | null,
  nextOffset: number,
): Promise<boolean> {
  const at = segments.all.indexOf(segment)
  const follows = behind ?? segments.all[at + 1]
  if (follows) return nextOffset <= follows.baseOffset
  if (isCompacted(config) || cleanedUpTo !== null || (await hasGaps(segment))) return true
  const before = segments.all[at - 1]
  return before !== undefined && (await hasGaps(before))
}

async function headerAt(segment: Segment, position: number): Promise<RecordBatch | null> {
  const room = segment.sizeInBytes - position
  if (room < HEADER_SIZE) return null
  const read = await segment.read(position, position + HEADER_SIZE)
  try {
    const header = new RecordBatch(Buffer.concat(read.views))
    return looksSound(header, room, { nextOffset: segment.nextOffset, endOffset: Number.POSITIVE_INFINITY }) ? header : null
  } finally {
    read.release()
  }
}

/**
 * What is bad from where the sound batches end on and was on the device, each up to the next sound batch, to the next segment, or at the end of
 * the log to the offset that was flushed. One look at the rest of the segment finds all.
 */
async function damagesFrom(state: LogState, segment: Segment, seen: Seen, flushedOffset: number): Promise<readonly Damage[]> {
  const { next, check } = checkFrom(state, segment, seen)
  while (!check.isDone) await check.step()
  const flushed = check.found.filter(({ startOffset }) => startOffset < flushedOffset)
  const last = flushed.at(-1)
  if (!last || next || last.endPosition < segment.sizeInBytes) return flushed
  return [...flushed.slice(0, -1), { ...last, endOffset: flushedOffset }]
}

/** Whether a sound batch, or another segment, follows what is bad. */
async function isFollowed(state: LogState, segment: Segment, seen: Seen): Promise<boolean> {
  const { next, check } = checkFrom(state, segment, seen)
  while (!check.isDone && check.found.length === 0) await check.step()
  const [found] = check.found
  return found !== undefined && (next !== undefined || found.endPosition < segment.sizeInBytes)
}

function checkFrom({ shared, segments }: LogState, segment: Segment, { end: position, fault }: Seen) {
  const next = segments.all[segments.all.indexOf(segment) + 1]
  const check = new SegmentCheck(segment, shared.slices, {
    position,
    ...(fault === null ? {} : { fault }),
    end: segment.sizeInBytes,
    nextOffset: segment.nextOffset,
    endOffset: next?.baseOffset ?? segment.baseOffset + OFFSETS_OF_A_SEGMENT,
  })
  return { next, check }
}

/** What has sound batches behind it is kept aside before it is cut: should it have been acknowledged after all, it is not gone. */
async function cutAt(state: LogState, segment: Segment, end: number, behind: readonly Segment[]): Promise<number> {
  const { sizeInBytes } = segment
  const cutBytes = sizeInBytes - end + behind.reduce((sum, one) => sum + one.sizeInBytes, 0)
  const kept: string[] = []
  if (end < sizeInBytes && (await isFollowed(state, segment, { end, fault: 'cut' })))
    kept.push(...(await keepAside(state, segment, end)))
  state.segments.remove(behind)
  await state.retire([...behind].reverse(), SUFFIX.cut)
  for (const one of behind) if (one.hasFile) kept.push(one.pathOf(SUFFIX.log))
  await segment.truncate(end, segment.nextOffset)
  if (kept.length > 0)
    state.shared.logger.error('a log was cut at a batch that was not wholly written, although others follow it', {
      dir: state.dir,
      cutBytes,
      endOffset: segment.nextOffset,
      kept: kept.join(', '),
      whatToDo:
        'a power cut leaves this, and then nothing that was acknowledged is missing; else look into the kept files, which may be removed',
    })
  return cutBytes
}

/** Copies what is about to be cut. On a full disk nothing can be kept, and the start goes on. */
async function keepAside({ shared, dir }: LogState, segment: Segment, from: number): Promise<string[]> {
  const path = `${segment.pathOf(SUFFIX.log)}.${from}${SUFFIX.cut}`
  try {
    await copy(shared.disk, segment, from, path)
    await shared.disk.flushDirectory(dir)
    return [path]
  } catch (thrown) {
    if (!(thrown instanceof DiskError && thrown.code === 'ENOSPC')) throw thrown
    shared.logger.error('there is no room to keep what is cut off a log', { path, error: thrown })
    await shared.disk.remove(path)
    return []
  }
}

async function copy(disk: Disk, segment: Segment, from: number, path: string): Promise<void> {
  await disk.remove(path)
  const file = await disk.open(path, 'exclusive')
  try {
    for (let at = from; at < segment.sizeInBytes; at += COPY_BYTES) {
      const read = await segment.read(at, Math.min(segment.sizeInBytes, at + COPY_BYTES))
      try {
        await file.append(read.views)
      } finally {
        read.release()
      }
    }
    await file.flush()
  } finally {
    await file.close()
  }
}
