// Opens a replica of the metadata log: brings log and snapshots together, reads who votes, and looks for what is missing. A voter that has others
// to ask goes on without what it lost, and without a vote, until it has it again; the only voter stops.

import { FLUSHED_OFFSET, FlushedOffset, readFlushedOffset } from '../log/flushed-offset.ts'
import type { Log } from '../log/log.ts'
import { copied } from '../log/log-read.ts'
import type { Disk } from '../platform/disk.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import { keepAside } from './kept-aside.ts'
import { Membership } from './membership.ts'
import { ReplicaLog } from './replica-log.ts'
import { readSnapshot, type SnapshotId, snapshotName } from './snapshot.ts'
import { Snapshots } from './snapshots.ts'
import { isSameReplica, type ReplicaKey, type Voter } from './voters.ts'

export interface OpenOptions {
  readonly platform: Pick<Platform, 'clock' | 'disk' | 'logger'>
  /** The opened log of `__cluster_metadata-0`. */
  readonly log: Log
  readonly self: ReplicaKey
  /** Who votes where the log does not say it. */
  readonly voters: readonly Voter[]
  /** Whether there are others that have the log. */
  readonly hasPeers: boolean
}

export interface Opened {
  readonly log: ReplicaLog
  readonly snapshots: Snapshots
}

const READ_BYTES = 1 << 20

/** Throws where committed records are missing and nobody else could have them, or where the files contradict each other. */
export async function openLog(options: OpenOptions): Promise<Opened> {
  const { platform, log } = options
  // Neither age nor size may take a record that no snapshot holds; only `Snapshots.clean` says what can go.
  log.updateConfig({ ...log.config, 'cleanup.policy': ['delete'], 'retention.ms': -1, 'retention.bytes': -1 })
  const snapshots = await Snapshots.open(options)
  const { newest } = snapshots
  const membership = new Membership()
  if (newest) await readMembershipOf(membership, platform.disk, log.dir, newest)
  const vouched = await meet(options, newest)
  const lostUpTo = await findLosses(options, membership, newest, vouched)
  membership.assume(options.voters)
  const flushed = await FlushedOffset.begin(
    platform.disk,
    log.dir,
    Math.max(log.flushedOffset, newest?.endOffset ?? 0, lostUpTo),
    (thrown) =>
      platform.logger.warn('the next start may take damaged metadata for records that were not wholly written', {
        error: thrown,
      }),
  )
  return { snapshots, log: new ReplicaLog({ platform, log, snapshots, membership, flushed, lostUpTo }) }
}

/** Kraft version and voters as a snapshot has them. */
export async function readMembershipOf(membership: Membership, disk: Disk, dir: string, id: SnapshotId): Promise<void> {
  for await (const batch of readSnapshot(disk, `${dir}/${snapshotName(id)}`)) {
    if (!batch.isControl) break
    membership.noteSnapshot(batch, id.endOffset > 0)
  }
}

/**
 * Log and snapshot have to touch. A log that lost its end goes on behind the snapshot, which holds only what was committed.
 * Gives up to where this replica vouched for its records.
 */
async function meet({ platform, log, hasPeers }: OpenOptions, snapshot: SnapshotId | null): Promise<number> {
  const endOffset = snapshot?.endOffset ?? 0
  if (log.startOffset > endOffset) {
    throw new Error(
      `the metadata log begins at ${log.startOffset}, but the newest snapshot ends at ${endOffset}: restore the missing .checkpoint file into ${log.dir}`,
    )
  }
  const vouched = await readFlushedOffset(platform.disk, log.dir)
  const isBehind = log.endOffset < endOffset
  // A snapshot of a later epoch than all of the log was fetched, and the log was not cut any more; or what was of that epoch is damaged, and counts as lost.
  const { latestEpoch } = log
  const isOther =
    hasPeers &&
    snapshot !== null &&
    endOffset > 0 &&
    latestEpoch >= 0 &&
    snapshot.epoch > latestEpoch &&
    log.endOffset > endOffset
  // A follower's snapshot may be on the device before all of its log is; what was torn off then is no damage, and no reader should meet it.
  const isTorn = hasPeers && endOffset > 0 && log.endOffset === endOffset && log.damage?.endOffset === endOffset
  if (!isBehind && !isOther && !isTorn) return vouched
  if (isBehind && endOffset < vouched) return vouched // told below, with both numbers
  platform.logger.warn('the metadata log goes on behind its newest snapshot', {
    endOffset: log.endOffset,
    snapshot: endOffset,
  })
  if (isOther) await keepAside(platform.disk, log.dir, endOffset)
  await log.truncateFully(endOffset)
  return vouched
}

/** Looks through the log behind the snapshot. Up to where records were there that are not there now; 0 where all are. */
async function findLosses(
  options: OpenOptions,
  membership: Membership,
  snapshot: SnapshotId | null,
  vouched: number,
): Promise<number> {
  const { log, platform } = options
  const snapshotEnd = snapshot?.endOffset ?? 0
  const isLost = Math.max(log.endOffset, snapshotEnd) < vouched
  const lost = isLost ? new Loss(log.endOffset, `it ends at ${log.endOffset}, and there were records up to ${vouched}`) : null
  // First: what is still there may name other voters, who have the rest.
  const damage = await readThrough(log, membership, Math.max(log.startOffset, snapshotEnd))
  const found = damage ?? lost
  if (!found) return 0
  refuseAlone(options, membership, found)
  const lostUpTo = Math.max(vouched, log.endOffset)
  platform.logger.error('the metadata log has lost records: this node votes for nobody until it has them again from a leader', {
    dir: log.dir,
    why: found.message,
    upTo: lostUpTo,
  })
  if (damage) {
    await keepAside(platform.disk, log.dir, damage.offset)
    await log.truncate(damage.offset)
    membership.truncate(damage.offset)
  }
  // What is damaged may begin below the snapshot's end, and the cut goes to where it begins.
  if (log.endOffset < snapshotEnd) await log.truncateFully(snapshotEnd)
  return lostUpTo
}

/** The records that make up the cluster are not all there: nobody but an operator may decide to go on without them, if nobody else has them. */
function refuseAlone({ log: { dir }, self, voters, hasPeers }: OpenOptions, membership: Membership, loss: Loss): void {
  const known = membership.voters.length > 0 ? membership.voters : voters
  if (hasPeers && known.some((voter) => !isSameReplica(voter, self))) return
  if (hasPeers && known.length === 0) return // an observer, as voters know their voters
  // What names other voters may be among what is lost, and then this node must not lead without it; a controller by itself has no other way out.
  const others =
    'where other controllers have the metadata, format a new directory for this node, and let it join them as a voter; only where there never was another one, '
  const alone =
    `to go on without these records and all that came behind them, move ${dir}/${FLUSHED_OFFSET} away: the next start then cuts the log there, ` +
    'and keeps sound records that it cuts off as .cut files'
  throw new Error(
    `the metadata log in ${dir} has lost committed records: ${loss.message}. Restore ${dir} from a backup; or, ${hasPeers ? others : ''}${alone}`,
    { cause: loss.cause },
  )
}

/** Records that were there, from `offset` on. */
class Loss extends Error {
  readonly offset: number

  constructor(offset: number, message: string, cause?: unknown) {
    super(message, { cause })
    this.offset = offset
  }
}

async function readThrough(log: Log, membership: Membership, from: number): Promise<Loss | null> {
  let next = from
  while (next < log.endOffset) {
    const before = next
    const piece = await wholeFrom(log, next)
    if (piece instanceof Loss) return piece
    for (const batch of batches(piece)) {
      if (batch.baseOffset > next) return new Loss(next, `offsets ${next} to ${batch.baseOffset - 1} are missing`)
      if (!batch.checksumMatches()) {
        return new Loss(batch.baseOffset, `the checksum of the records from offset ${batch.baseOffset} on does not match`)
      }
      if (batch.isControl && batch.baseOffset >= from) membership.note(batch)
      next = Math.max(next, batch.nextOffset)
    }
    if (next === before) throw new Error(`the metadata log ends at ${log.endOffset} but gives nothing from ${before}`)
  }
  return null
}

async function wholeFrom(log: Log, from: number): Promise<Uint8Array | Loss> {
  try {
    return await copied(log.read(from, READ_BYTES, log.endOffset, true))
  } catch (thrown) {
    if (thrown instanceof KafkaError && thrown.error === 'CORRUPT_MESSAGE') return new Loss(from, thrown.message, thrown)
    throw thrown
  }
}
