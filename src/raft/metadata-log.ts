// The replicated log of the cluster's metadata: one directory with a log, a saved vote and snapshots, led by a quorum.

import { deferred } from '../base/deferred.ts'
import { ZERO_UUID } from '../base/uuid.ts'
import { FLUSHED_OFFSET, FlushedOffset, readFlushedOffset } from '../log/flushed-offset.ts'
import type { Log } from '../log/log.ts'
import type { Appended, ReplicatedLog } from '../machine/machine.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import { type ControlRecord, readControl } from '../protocol/records/control.ts'
import { QuorumDriver } from './driver.ts'
import { initialState, type QuorumState } from './quorum.ts'
import { readVote } from './quorum-state.ts'
import { readSnapshot, type SnapshotId, snapshotName, writeSnapshot } from './snapshot.ts'
import { type MetadataRetention, Snapshots } from './snapshots.ts'
import { type ReplicaKey, type Voter, voterOf, voterRecord } from './voters.ts'

export interface MetadataLogOptions {
  readonly platform: Pick<Platform, 'clock' | 'disk' | 'logger'>
  /** The opened log of `__cluster_metadata-0`. */
  readonly log: Log
  readonly self: ReplicaKey
  /** Of controller.quorum.voters: who votes in a directory of kraft.version 0, whose log does not say it. */
  readonly staticVoters?: readonly Voter[]
  readonly retention: MetadataRetention
}

const READ_BYTES = 1 << 20

/** What the records say of the quorum itself. */
interface Membership {
  kraftVersion: number
  voters: readonly Voter[]
  votersInLog: boolean
}

export class MetadataLog implements ReplicatedLog {
  readonly #options: MetadataLogOptions
  readonly #driver: QuorumDriver
  readonly #onCommit: ((committedOffset: number) => void)[] = []
  readonly #onBatches: ((batches: readonly RecordBatch[]) => void)[] = []
  #onRetired: ((why: KafkaError) => void)[] = []
  #retired: KafkaError | null = null
  /** Appended by this process and not yet committed. */
  #uncommitted: RecordBatch[] = []
  readonly #snapshots: Snapshots
  readonly #flushed: FlushedOffset

  /**
   * Reads vote, voters and snapshots; the log takes records after `start`. Throws where the directory is another node's, and where committed records
   * are missing that no snapshot holds.
   */
  static async open(options: MetadataLogOptions): Promise<MetadataLog> {
    const { platform, log, self, staticVoters = [] } = options
    // Neither age nor size may take a record that no snapshot holds; only `writeSnapshot` says what can go.
    log.updateConfig({ ...log.config, 'cleanup.policy': ['delete'], 'retention.ms': -1, 'retention.bytes': -1 })
    const snapshots = await Snapshots.open(options)
    const { newest } = snapshots
    await meet(options, newest)
    const membership = await readMembership(options, newest)
    const saved = await readVote(platform.disk, log.dir)
    if (membership.voters.length === 0) membership.voters = namedElsewhere(staticVoters, saved?.voterIds ?? [])
    requireLoneVoter(membership.voters, self)
    const vote = saved?.vote ?? { epoch: 0, leaderId: null, votedFor: null }
    // The only voter may have lost its vote; what it wrote then says in which epochs.
    const epoch = Math.max(vote.epoch, newest?.epoch ?? 0, log.latestEpoch)
    const state = initialState(self, { vote: { ...vote, epoch }, ...membership }, log)
    const flushed = await FlushedOffset.begin(
      platform.disk,
      log.dir,
      Math.max(log.flushedOffset, newest?.endOffset ?? 0),
      (thrown) =>
        platform.logger.warn('the next start may take damaged metadata for records that were not wholly written', {
          error: thrown,
        }),
    )
    return new MetadataLog(options, state, snapshots, flushed)
  }

  private constructor(options: MetadataLogOptions, state: QuorumState, snapshots: Snapshots, flushed: FlushedOffset) {
    const { platform, log } = options
    this.#options = options
    this.#snapshots = snapshots
    this.#flushed = flushed
    this.#driver = new QuorumDriver({
      log,
      state,
      clock: platform.clock,
      disk: platform.disk,
      logger: platform.logger,
      onAppend: (batch) => this.#uncommitted.push(batch),
      onCommit: (offset) => this.#committed(offset),
    })
  }

  /** Becomes leader; resolves once all that the log held is committed. Rejects where the log is retired before. */
  async start(): Promise<void> {
    const committed = deferred<void>()
    committed.promise.catch(() => {}) // the driver may be the first to fail, and tells of the same disk
    this.onCommit(() => committed.resolve())
    this.onRetired((why) => committed.reject(why))
    await this.#driver.start()
    await committed.promise
  }

  /** Takes and commits no more records: the broker stops, or the disk failed. */
  retire(why: KafkaError): void {
    if (this.#retired) return
    this.#retired = why
    this.#driver.resign()
    const followers = this.#onRetired
    this.#onRetired = []
    for (const run of followers) run(why)
  }

  get isLeader(): boolean {
    return this.#driver.state.role === 'leader'
  }

  get leaderId(): number | null {
    return this.#driver.state.leaderId
  }

  get voters(): readonly Voter[] {
    return this.#driver.state.voters
  }

  get kraftVersion(): number {
    return this.#driver.state.kraftVersion
  }

  get startOffset(): number {
    return this.#options.log.startOffset
  }

  get endOffset(): number {
    return this.#options.log.endOffset
  }

  get committedOffset(): number {
    return Math.max(0, this.#driver.state.highWatermark)
  }

  get leaderEpoch(): number {
    return this.#driver.state.epoch
  }

  append(batch: Uint8Array): Appended {
    if (this.#retired) throw this.#retired
    if (!this.isLeader) throw new KafkaError('NOT_CONTROLLER', 'this node does not lead the metadata quorum')
    return this.#driver.append(batch)
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#onCommit.push(run)
  }

  onRetired(run: (why: KafkaError) => void): void {
    if (this.#retired) run(this.#retired)
    else this.#onRetired.push(run)
  }

  onCommittedBatches(run: (batches: readonly RecordBatch[]) => void): void {
    this.#onBatches.push(run)
  }

  #committed(offset: number): void {
    if (!this.#retired) this.#flushed.moveTo(offset) // the only voter commits what it flushed
    const count = this.#uncommitted.findIndex(({ nextOffset }) => nextOffset > offset)
    const committed = this.#uncommitted.splice(0, count < 0 ? this.#uncommitted.length : count)
    if (committed.length > 0) for (const run of this.#onBatches) run(committed)
    for (const run of this.#onCommit) run(offset)
  }

  async read(from: number, maxBytes: number): Promise<readonly Uint8Array[]> {
    return copyOf(this.#options.log, from, maxBytes)
  }

  /** The newest snapshot that holds anything. */
  newestSnapshot(): SnapshotId | null {
    const { newest } = this.#snapshots
    return newest && newest.endOffset > 0 ? newest : null
  }

  /** The data batches of a snapshot. Throws DamagedSnapshot. */
  async *readSnapshot(id: SnapshotId): AsyncGenerator<RecordBatch, void, undefined> {
    const { platform, log } = this.#options
    for await (const batch of readSnapshot(platform.disk, `${log.dir}/${snapshotName(id)}`)) if (!batch.isControl) yield batch
  }

  /**
   * Keeps `data` as everything below `endOffset`, which must be committed; older snapshots, and the log below them, stay as long as retention
   * allows: should this one be damaged, a start takes the one before it.
   */
  async writeSnapshot(
    endOffset: number,
    lastTimestamp: number,
    data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { platform, log, retention } = this.#options
    const { kraftVersion, voters } = this.#driver.state
    const id = { endOffset, epoch: log.epochAt(endOffset - 1) ?? this.leaderEpoch }
    const control: ControlRecord[] = [
      { kind: 'kraftVersion', kRaftVersion: kraftVersion },
      { kind: 'kraftVoters', voters: voters.map(voterRecord) },
    ]
    await writeSnapshot(
      platform.disk,
      log.dir,
      { id, lastTimestamp, control: kraftVersion > 0 ? control : [], batches: data },
      platform.clock.now(),
    )
    await this.#snapshots.look()
    await this.#snapshots.clean(retention)
  }
}

/** Log and snapshot have to touch. A log that lost its end goes on behind the snapshot, which holds only what was committed. */
async function meet({ platform, log }: MetadataLogOptions, snapshot: SnapshotId | null): Promise<void> {
  const endOffset = snapshot?.endOffset ?? 0
  if (log.startOffset > endOffset) {
    throw new Error(
      `the metadata log begins at ${log.startOffset}, but the newest snapshot ends at ${endOffset}: restore the missing .checkpoint file into ${log.dir}`,
    )
  }
  const flushedOffset = await readFlushedOffset(platform.disk, log.dir)
  if (Math.max(log.endOffset, endOffset) < flushedOffset)
    throw lossOf(log, `it ends at ${log.endOffset}, and there were records up to ${flushedOffset}`)
  if (log.endOffset >= endOffset) return
  platform.logger.warn('the metadata log ends below its newest snapshot; it goes on behind it', {
    endOffset: log.endOffset,
    snapshot: endOffset,
  })
  await log.truncateFully(endOffset)
}

/** The records that make up the cluster are not all there: nobody but an operator may decide to go on without them. */
function lossOf({ dir }: Log, what: string, cause?: unknown): Error {
  return new Error(
    `the metadata log in ${dir} has lost committed records: ${what}. Restore ${dir} from a backup; or, to go on without these records and all ` +
      `that came behind them, move ${dir}/${FLUSHED_OFFSET} away: the next start then cuts the log there, and keeps sound records that it cuts off as .cut files`,
    { cause },
  )
}

/** Kraft version and voters: of the snapshot first, of the log behind it then. */
async function readMembership({ platform, log }: MetadataLogOptions, snapshot: SnapshotId | null): Promise<Membership> {
  const membership: Membership = { kraftVersion: 0, voters: [], votersInLog: false }
  if (snapshot) {
    for await (const batch of readSnapshot(platform.disk, `${log.dir}/${snapshotName(snapshot)}`)) {
      if (!batch.isControl) break
      note(membership, batch)
    }
    membership.votersInLog = snapshot.endOffset > 0
  }
  let next = Math.max(log.startOffset, snapshot?.endOffset ?? 0)
  while (next < log.endOffset) {
    const before = next
    for (const piece of await wholeFrom(log, next)) {
      for (const batch of batches(piece)) {
        if (batch.baseOffset > next) throw lossOf(log, `offsets ${next} to ${batch.baseOffset - 1} are missing`)
        if (!batch.checksumMatches())
          throw lossOf(log, `the checksum of the records from offset ${batch.baseOffset} on does not match`)
        if (batch.isControl && note(membership, batch)) membership.votersInLog = true
        next = Math.max(next, batch.nextOffset)
      }
    }
    if (next === before) throw new Error(`the metadata log ends at ${log.endOffset} but gives nothing from ${before}`)
  }
  return membership
}

/** Whether the batch named voters. */
function note(membership: Membership, batch: RecordBatch): boolean {
  let named = false
  for (const record of batch.records()) {
    const control = readControl(record)
    if (control?.kind === 'kraftVersion') membership.kraftVersion = control.kRaftVersion
    if (control?.kind !== 'kraftVoters') continue
    membership.voters = control.voters.map(voterOf)
    named = true
  }
  return named
}

async function wholeFrom(log: Log, from: number): Promise<Uint8Array[]> {
  try {
    return await copyOf(log, from, READ_BYTES)
  } catch (thrown) {
    if (thrown instanceof KafkaError && thrown.error === 'CORRUPT_MESSAGE') throw lossOf(log, thrown.message, thrown)
    throw thrown
  }
}

async function copyOf(log: Log, from: number, maxBytes: number): Promise<Uint8Array[]> {
  const read = await log.read(from, maxBytes, log.endOffset, true)
  try {
    return [Buffer.concat(read.views)] // a view may end in the middle of a batch
  } finally {
    read.release()
  }
}

/** Under kraft.version 0 the configuration says who votes; where it does not, those who voted last do. */
function namedElsewhere(configured: readonly Voter[], last: readonly number[]): readonly Voter[] {
  return configured.length > 0 ? configured : last.map((id) => ({ id, directoryId: ZERO_UUID, endpoints: [] }))
}

function requireLoneVoter(voters: readonly Voter[], self: ReplicaKey): void {
  const names = voters.map(({ id }) => id).join(', ')
  const [voter] = voters
  if (!voter) {
    throw new Error(
      'nothing says who votes on this metadata log: set controller.quorum.voters as the cluster had it when it was formatted',
    )
  }
  if (voters.length > 1 || voter.id !== self.id) {
    throw new Error(`the voters of this metadata log are ${names}; this build runs a quorum of one, and node.id is ${self.id}`)
  }
  if (voter.directoryId === self.directoryId || voter.directoryId === ZERO_UUID) return
  throw new Error(
    `node ${self.id} votes with directory ${voter.directoryId}, but meta.properties says ${self.directoryId}: put the old directory.id back`,
  )
}
