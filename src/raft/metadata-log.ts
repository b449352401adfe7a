// The replicated log of the cluster's metadata: one directory with a log, a saved vote and snapshots, led by a quorum.

import { deferred } from '../base/deferred.ts'
import { ZERO_UUID } from '../base/uuid.ts'
import type { Log } from '../log/log.ts'
import type { ElectedLog, Leadership } from '../machine/elected-log.ts'
import type { Appended } from '../machine/machine.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { CommittedBatches } from './committed-batches.ts'
import { QuorumDriver } from './driver.ts'
import { FetchServer } from './fetch-server.ts'
import { Listeners } from './listeners.ts'
import { openLog } from './open-log.ts'
import { type Address, noPeers, type QuorumPeers } from './peers.ts'
import { addressOf, DEFAULT_TIMEOUTS } from './quorum/state.ts'
import { initialState, type QuorumState, type QuorumTimeouts } from './quorum.ts'
import { QuorumService } from './quorum-service.ts'
import { readVote, type SavedState } from './quorum-state.ts'
import type { ReplicaLog } from './replica-log.ts'
import { keepSnapshot, type SnapshotId } from './snapshot.ts'
import type { MetadataRetention } from './snapshots.ts'
import { isSameReplica, KRAFT_VERSIONS, type ReplicaKey, type Voter, type VoterEndpoint } from './voters.ts'

/** Who else there is. Without it the node is the only voter, or it is refused. */
export interface QuorumOptions {
  readonly peers: QuorumPeers
  /** Of this cluster; requests of another one are refused. Null where it is not known. */
  readonly clusterId: string | null
  /** Where other members reach this node; null where it is no controller. */
  readonly address: Address | null
  /** The first of controller.listener.names: where voters are reached. */
  readonly listener: string
  /** Of controller.quorum.bootstrap.servers. Empty: the voters are asked. */
  readonly servers: readonly Address[]
  /** Where the record of this voter says that it is reached, at all of controller.listener.names; none on a node that is no controller. */
  readonly endpoints?: readonly VoterEndpoint[]
  /** controller.quorum.auto.join.enable */
  readonly autoJoin?: boolean
  /** Of controller.quorum.*; what is left out is as Kafka has it. */
  readonly timeouts?: Partial<QuorumTimeouts>
}

export interface MetadataLogOptions {
  readonly platform: Pick<Platform, 'clock' | 'disk' | 'logger' | 'random'>
  /** The opened log of `__cluster_metadata-0`. */
  readonly log: Log
  readonly self: ReplicaKey
  /** Of controller.quorum.voters: who votes in a directory of kraft.version 0, whose log does not say it. */
  readonly staticVoters?: readonly Voter[]
  readonly retention: MetadataRetention
  readonly quorum?: QuorumOptions
}

const ALONE: QuorumOptions = { peers: noPeers, clusterId: null, address: null, listener: '', servers: [] }

export class MetadataLog implements ElectedLog {
  readonly #options: MetadataLogOptions
  readonly #state: QuorumState
  readonly #log: ReplicaLog
  readonly #driver: QuorumDriver
  readonly #fetches: FetchServer
  readonly #committed: CommittedBatches
  readonly #onRole: Listeners<Leadership>
  readonly #onRestored: Listeners<SnapshotId>
  #onRetired: ((why: KafkaError) => void)[] = []
  #retired: KafkaError | null = null
  #leadership: Leadership
  /** What other members ask of this one. */
  readonly service: QuorumService

  /**
   * Reads vote, voters and snapshots; the log takes records after `start`. Throws where the directory is another node's, and where committed records
   * are missing that neither a snapshot nor another voter can have.
   */
  static async open(options: MetadataLogOptions): Promise<MetadataLog> {
    const { platform, log: files, self, staticVoters = [], quorum } = options
    const saved = await readVote(platform.disk, files.dir)
    const voters = staticVoters.length > 0 ? staticVoters : votedLast(saved)
    const { log, snapshots } = await openLog({ platform, log: files, self, voters, hasPeers: quorum !== undefined })
    requirePlace(log, options)
    requireVote(log, self, saved)
    const { address, listener, servers, endpoints = [], autoJoin = false, timeouts } = quorum ?? ALONE
    const settings = { self, address, listener, servers, endpoints, autoJoin, timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts } }
    const vote = saved?.vote ?? { epoch: 0, leaderId: null, votedFor: null }
    // The only voter may have lost its vote; what it wrote then says in which epochs.
    const epoch = Math.max(vote.epoch, snapshots.newest?.epoch ?? 0)
    const state = initialState(settings, epoch > vote.epoch ? { epoch, leaderId: null, votedFor: null } : vote, log)
    return new MetadataLog(options, state, log)
  }

  private constructor(options: MetadataLogOptions, state: QuorumState, log: ReplicaLog) {
    const { platform, quorum = ALONE } = options
    const { clusterId, peers } = quorum
    this.#options = options
    this.#state = state
    this.#log = log
    this.#leadership = { isLeader: false, leaderId: null, epoch: state.epoch }
    this.#committed = new CommittedBatches(log, platform.logger)
    this.#onRole = new Listeners(platform.logger, 'the leader')
    this.#onRestored = new Listeners(platform.logger, 'the snapshots')
    this.#driver = new QuorumDriver({
      platform,
      log,
      state,
      peers,
      clusterId,
      hooks: {
        onAppend: (batch) => {
          this.#committed.add(batch)
          this.#fetches.wake()
        },
        onTruncate: (offset) => this.#committed.truncate(offset),
        onCommit: (offset) => this.#commit(offset),
        onRole: (role) => this.#tellRole(role),
        onRestored: (snapshot) => this.#onRestored.tell(snapshot),
        onStop: (why) => this.retire(why),
      },
    })
    const handle = this.#driver.handle.bind(this.#driver)
    this.#fetches = new FetchServer({
      state,
      log,
      clock: platform.clock,
      disk: platform.disk,
      logger: platform.logger,
      clusterId,
      handle,
      onDamage: (why) => this.#leaveDamaged(why),
    })
    this.service = new QuorumService({ driver: this.#driver, fetches: this.#fetches, state, clock: platform.clock, clusterId })
    options.log.onProgress(() => handle({ kind: 'log' }))
  }

  async start(): Promise<void> {
    const known = deferred<void>()
    known.promise.catch(() => {}) // whoever retires the log may be the first to tell of the same disk
    this.onCommit(() => {
      if (this.#hasAllThatWasCommitted) known.resolve()
    })
    this.onRetired((why) => known.reject(why))
    this.#driver.start()
    await known.promise
  }

  // A power cut may have taken the end of this node's log: before that is here again, what the log says of a topic may be of an earlier one of its name.
  // A new leader does not know for a moment what is committed, and a snapshot is not all of it.
  get #hasAllThatWasCommitted(): boolean {
    const { role, highWatermark, fetching } = this.#state
    return role !== 'follower' || (fetching.leaderHighWatermark > 0 && highWatermark >= fetching.leaderHighWatermark)
  }

  async resign(epoch: number): Promise<void> {
    await this.#driver.resign(epoch)
  }

  retire(why: KafkaError): void {
    if (this.#retired) return
    this.#retired = why
    this.#driver.stop()
    this.#fetches.stop()
    this.#log.retire()
    if (this.#leadership.isLeader) this.#tellRole({ ...this.#leadership, isLeader: false })
    const followers = this.#onRetired
    this.#onRetired = []
    for (const run of followers) run(why)
  }

  /** Committed records that cannot be read must not be led with. The next start of this node gets them from whoever leads then. */
  #leaveDamaged(why: KafkaError): void {
    void this.resign(this.#state.epoch).finally(() =>
      this.retire(new KafkaError('KAFKA_STORAGE_ERROR', `the metadata log is damaged: ${why.message}`, { cause: why })),
    )
  }

  // ---- who leads

  get isLeader(): boolean {
    return this.#leadership.isLeader
  }

  get leaderId(): number | null {
    return this.#leadership.leaderId
  }

  /** Where the leader is reached, as far as it is known. */
  get leaderAddress(): Address | null {
    return this.leaderId === null ? null : addressOf(this.#state, this.leaderId)
  }

  get epoch(): number {
    return this.#leadership.epoch
  }

  get leaderEpoch(): number {
    return this.#leadership.epoch
  }

  get voters(): readonly Voter[] {
    return this.#log.voters
  }

  get kraftVersion(): number {
    return this.#log.kraftVersion
  }

  onRole(run: (role: Leadership) => void): void {
    this.#onRole.add(run)
  }

  #tellRole(role: Leadership): void {
    const { isLeader, leaderId, epoch } = this.#leadership
    this.#leadership = role
    this.#fetches.wake()
    if (isLeader === role.isLeader && leaderId === role.leaderId && epoch === role.epoch) return
    this.#onRole.tell(role)
  }

  // ---- the log

  get startOffset(): number {
    return this.#log.startOffset
  }

  get endOffset(): number {
    return this.#log.endOffset
  }

  get committedOffset(): number {
    return this.#committed.offset
  }

  append(batch: Uint8Array): Appended {
    if (this.#retired) throw this.#retired
    return this.#driver.append(batch)
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#committed.onCommit(run)
  }

  onCommittedBatches(run: (batches: readonly RecordBatch[]) => void): void {
    this.#committed.onBatches(run)
  }

  onRetired(run: (why: KafkaError) => void): void {
    if (this.#retired) run(this.#retired)
    else this.#onRetired.push(run)
  }

  #commit(offset: number): void | Promise<void> {
    this.#options.log.highWatermark = offset
    this.#fetches.wake()
    return this.#committed.moveTo(offset)
  }

  /** Not bounded by the commit. */
  async read(from: number, maxBytes: number): Promise<readonly Uint8Array[]> {
    return [await this.#log.read(from, maxBytes)]
  }

  // ---- snapshots

  onRestored(run: (snapshot: SnapshotId) => void): void {
    this.#onRestored.add(run)
  }

  newestSnapshot(): SnapshotId | null {
    return this.#log.newestSnapshot
  }

  /** The data batches of a snapshot. Throws DamagedSnapshot. */
  async *readSnapshot(id: SnapshotId): AsyncGenerator<RecordBatch, void, undefined> {
    for await (const batch of this.#log.readSnapshot(id)) if (!batch.isControl) yield batch
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
    const { platform, retention } = this.#options
    if ((this.#log.newestSnapshot?.endOffset ?? 0) >= endOffset) return // a leader's came in between, and holds as much
    const id = { endOffset, epoch: this.#log.epochBefore(endOffset) }
    await keepSnapshot(
      platform,
      { dir: this.#log.dir, ...this.#log.membershipAt(endOffset) },
      { id, lastTimestamp, batches: data },
    )
    await this.#log.snapshotWritten(retention)
  }
}

/** Under kraft.version 0 the configuration says who votes; where it does not, those who voted last do. */
function votedLast(saved: SavedState | null): readonly Voter[] {
  return (saved?.voterIds ?? []).map((id) => ({ id, directoryId: ZERO_UUID, endpoints: [], kraftVersions: KRAFT_VERSIONS }))
}

function requirePlace({ voters }: ReplicaLog, { self, quorum }: MetadataLogOptions): void {
  const names = voters.map(({ id }) => id).join(', ')
  const [voter] = voters
  if (!voter && (quorum?.servers ?? []).length === 0) {
    throw new Error(
      'nothing says who votes on this metadata log: set controller.quorum.voters as the cluster had it when it was formatted',
    )
  }
  if (voters.length === 1 && voter!.id === self.id && !isSameReplica(voter!, self)) {
    throw new Error(
      `node ${self.id} votes with directory ${voter!.directoryId}, but meta.properties says ${self.directoryId}: put the old directory.id back`,
    )
  }
  if (quorum) return
  if (voters.length > 1 || voter?.id !== self.id) {
    throw new Error(
      `the voters of this metadata log are ${names}; node ${self.id} was started alone: set controller.quorum.voters or controller.quorum.bootstrap.servers`,
    )
  }
}

/** One of several voters that has records, and does not know whom it voted for, could vote twice in an epoch. */
function requireVote({ voters, lastEpoch, dir }: ReplicaLog, self: ReplicaKey, saved: SavedState | null): void {
  if (saved || lastEpoch === 0 || voters.length < 2 || !voters.some((voter) => isSameReplica(voter, self))) return
  throw new Error(
    `${dir}/quorum-state is missing, and this log has records up to epoch ${lastEpoch}: restore it from a backup. The vote in it must not be guessed`,
  )
}
