// The cluster's metadata log in ZooKeeper instead of our own quorum: one controller writes, by an election as Kafka's, and everybody follows the head.

import { assert } from '../base/assert.ts'
import { deferred } from '../base/deferred.ts'
import type { ElectedLog, Leadership, SnapshotPlace } from '../machine/elected-log.ts'
import type { Appended } from '../machine/machine.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { Appender } from './appender.ts'
import { CommittedLog } from './committed-log.ts'
import { type ControllerNode, readController, readEpoch, stand } from './election.ts'
import { BrokenLog } from './entries.ts'
import { ZooKeeperError } from './errors.ts'
import { type Fence, Fenced } from './fence.ts'
import { ForeignCluster, paths, prepareLayout, readHead, signal } from './layout.ts'
import { remove } from './operations.ts'
import type { Session } from './session.ts'
import { newestSnapshot, readSnapshot, removeLeftOver, removeOld, writeSnapshot } from './snapshots.ts'
import type { ZooKeeper } from './zookeeper.ts'

export interface ZooKeeperLogOptions {
  readonly zookeeper: ZooKeeper
  readonly chroot: string
  readonly nodeId: number
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** While it leads: its office and what it writes with. */
interface Term {
  readonly fence: Fence
  readonly appender: Appender
}

/** So many entries without a snapshot are enough for one, however small they are: each is a node, and a start reads them all. */
const MANY_ENTRIES = 2048
/** Before a node that gave its office up stands again, so that others come first. */
const AFTER_RESIGNING_MS = 500
/** After what nobody expected of the ensemble. */
const RETRY_MS = 1000

export class ZooKeeperLog implements ElectedLog {
  readonly #options: ZooKeeperLogOptions
  readonly #onCommit: ((committedOffset: number) => void)[] = []
  readonly #onBatches: ((batches: readonly RecordBatch[]) => void)[] = []
  readonly #onRole: ((role: Leadership) => void)[] = []
  readonly #onRestored: ((snapshot: SnapshotPlace) => void)[] = []
  #onRetired: ((why: KafkaError) => void)[] = []
  #retired: KafkaError | null = null
  readonly #started = deferred<void>()
  #role: Leadership = { isLeader: false, leaderId: null, epoch: 0 }
  #term: Term | null = null
  readonly #committed: CommittedLog
  /** Looks at the head, one after the other. */
  #looks: Promise<void> = Promise.resolve()
  /** Ends the election's wait for a change. */
  #stir: () => void = () => {}
  #mayStandAt = Number.NEGATIVE_INFINITY

  constructor(options: ZooKeeperLogOptions) {
    this.#options = options
    this.#committed = new CommittedLog({
      onCommitted: (batches, committedOffset) => {
        for (const run of this.#onBatches) run(batches)
        for (const run of this.#onCommit) run(committedOffset)
      },
      onRestored: (snapshot) => {
        for (const run of this.#onRestored) run(snapshot)
        for (const run of this.#onCommit) run(snapshot.endOffset)
      },
    })
    this.#started.promise.catch(() => {}) // who waits for it hears
  }

  get isLeader(): boolean {
    return this.#term?.fence.session.isCertain === true
  }

  get leaderId(): number | null {
    return this.#role.leaderId
  }

  get epoch(): number {
    return this.#role.epoch
  }

  get leaderEpoch(): number {
    return this.#role.epoch
  }

  get startOffset(): number {
    return this.#committed.startOffset
  }

  get endOffset(): number {
    return this.#term?.appender.endOffset ?? this.#committed.endOffset
  }

  get committedOffset(): number {
    return this.#committed.endOffset
  }

  /** Rejects with ForeignCluster where the chroot is not for us, and with an Error where the log in it is damaged. */
  start(): Promise<void> {
    this.#options.zookeeper.onSession((session) => {
      if (!this.#retired) void this.#live(session)
    })
    return this.#started.promise
  }

  append(bytes: Uint8Array): Appended {
    if (this.#retired) throw this.#retired
    if (!this.#term || !this.isLeader)
      throw new KafkaError('NOT_CONTROLLER', 'this node is not the active controller in ZooKeeper')
    const { baseOffset, lastOffset } = this.#term.appender.append(bytes)
    return { baseOffset, lastOffset, appendTime: -1 }
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#onCommit.push(run)
  }

  onCommittedBatches(run: (batches: readonly RecordBatch[]) => void): void {
    this.#onBatches.push(run)
  }

  onRole(run: (role: Leadership) => void): void {
    this.#onRole.push(run)
  }

  onRestored(run: (snapshot: SnapshotPlace) => void): void {
    this.#onRestored.push(run)
  }

  onRetired(run: (why: KafkaError) => void): void {
    if (this.#retired) run(this.#retired)
    else this.#onRetired.push(run)
  }

  retire(why: KafkaError): void {
    if (this.#retired) return
    this.#retired = why
    const term = this.#term
    this.#stepDown(why.message)
    this.#stir()
    if (term) void leave(term)
    this.#started.reject(why)
    for (const run of this.#onRetired.splice(0)) run(why)
  }

  async resign(epoch: number): Promise<void> {
    const term = this.#term
    if (term?.fence.epoch !== epoch) return
    this.#mayStandAt = this.#options.clock.monotonic() + AFTER_RESIGNING_MS * (1 + this.#options.random.next())
    this.#stepDown('it gives its office up')
    await leave(term)
  }

  /** Entries come from the ensemble; what is appended and not committed comes last. */
  read(from: number, maxBytes: number): Promise<readonly Uint8Array[]> {
    const uncommitted = () => this.#term?.appender.uncommitted() ?? []
    return this.#committed.read(this.#options.zookeeper.session, from, maxBytes, uncommitted)
  }

  newestSnapshot(): SnapshotPlace | null {
    return this.#committed.snapshot
  }

  async *readSnapshot({ endOffset, epoch }: SnapshotPlace): AsyncGenerator<RecordBatch, void, undefined> {
    const { snapshot } = this.#committed
    if (snapshot?.endOffset !== endOffset || snapshot.epoch !== epoch)
      throw new BrokenLog(`the snapshot of the metadata up to ${endOffset} is not the newest any more; begin anew with that`)
    yield* readSnapshot(this.#options.zookeeper.session, snapshot)
  }

  /**
   * `metadata.log.max.record.bytes.between.snapshots` as it holds here: the leader alone keeps snapshots, for all, and many small entries are reason enough
   * for one. Infinity where none is wanted.
   */
  bytesBetweenSnapshots(configured: number): number {
    if (!this.isLeader) return Number.POSITIVE_INFINITY
    return this.#committed.entriesSinceSnapshot >= MANY_ENTRIES ? 1 : configured
  }

  /** The leader's: throws NOT_CONTROLLER elsewhere, and where another one is elected before the snapshot is whole. */
  async writeSnapshot(
    endOffset: number,
    lastTimestamp: number,
    data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const term = this.#term
    if (!term) throw new KafkaError('NOT_CONTROLLER', 'the active controller keeps the snapshots in ZooKeeper, for all nodes')
    assert(endOffset <= this.committedOffset, `a snapshot holds what is committed: ${endOffset} of ${this.committedOffset}`)
    try {
      const place = { endOffset, epoch: term.fence.epoch }
      const snapshot = await writeSnapshot(term.fence, place, Math.max(0, lastTimestamp), data)
      this.#committed.snapshot = snapshot
      this.#committed.forgetBelow(await removeOld(term.fence, snapshot))
    } catch (thrown) {
      if (!(thrown instanceof Fenced)) throw thrown
      throw new KafkaError('NOT_CONTROLLER', thrown.message, { cause: thrown })
    }
  }

  /** All that happens in one session. */
  async #live(session: Session): Promise<void> {
    this.#stepDown('its session with ZooKeeper is over')
    session.onOver(({ message }) => this.#endTermOf(session, message))
    session.onUncertain((why) => this.#endTermOf(session, why))
    if (!(await this.#unlessOver(session, () => this.#begin(session)))) return
    this.#started.resolve()
    void this.#unlessOver(session, () => this.#followHead(session))
    void this.#unlessOver(session, () => this.#takePart(session))
  }

  /** Repeats `act` until it ends by itself: true, or until session or log are over: false. */
  async #unlessOver(session: Session, act: () => Promise<void>): Promise<boolean> {
    const { clock, logger } = this.#options
    while (!this.#isOver(session)) {
      try {
        await act()
        return true
      } catch (thrown) {
        if (this.#isOver(session)) return false
        if (thrown instanceof ForeignCluster || thrown instanceof BrokenLog) {
          logger.error('the metadata log in ZooKeeper cannot be used', { why: thrown.message })
          this.retire(new KafkaError('KAFKA_STORAGE_ERROR', thrown.message, { cause: thrown }))
          this.#started.reject(thrown)
          return false
        }
        logger.warn('ZooKeeper does not do what the metadata log needs; trying again', { error: thrown })
        await new Promise<void>((resume) => clock.after(RETRY_MS, resume))
      }
    }
    return false
  }

  #isOver(session: Session): boolean {
    return this.#retired !== null || session.over !== null
  }

  async #begin(session: Session): Promise<void> {
    await prepareLayout(session, this.#options.chroot)
    await (this.#committed.isKnown ? this.#catchUp(session) : this.#committed.begin(session))
  }

  /** While another node leads: whatever the head was moved over. A leader moves it itself. */
  async #followHead(session: Session): Promise<void> {
    while (!this.#isOver(session)) {
      const { fired, fire } = signal()
      await readHead(session, fire)
      await this.#catchUp(session)
      await fired
    }
  }

  /** Once all looks before it have ended. */
  #catchUp(session: Session): Promise<void> {
    const look = this.#looks.then(async () => {
      // Who leads moves the head itself.
      const isStopped = () => this.#term !== null || this.#isOver(session)
      if (!isStopped()) await this.#committed.follow(session, isStopped)
    })
    this.#looks = look.catch(() => {}) // its own asker hears
    return look
  }

  /** Stands whenever there is no controller, and follows the one that is. */
  async #takePart(session: Session): Promise<void> {
    while (!this.#isOver(session)) {
      const { fired, fire } = signal()
      this.#stir = fire
      const controller = await readController(session, fire)
      if (this.#isOver(session)) return
      const isInOffice = controller?.isOurs === true && this.#term?.fence.session === session
      if (!isInOffice) {
        this.#endTermOf(session, 'another node was elected, or somebody removed /controller')
        if (!controller || controller.isOurs) {
          await this.#stand(session, controller)
          continue
        }
        await this.#obey(session, controller)
      }
      await fired
    }
  }

  async #obey(session: Session, { brokerId }: ControllerNode): Promise<void> {
    const known = await readEpoch(session)
    if (this.#isOver(session)) return
    this.#setRole({ isLeader: false, leaderId: brokerId, epoch: Math.max(known?.epoch ?? 0, this.#role.epoch) })
  }

  async #stand(session: Session, held: ControllerNode | null): Promise<void> {
    const { clock, logger, nodeId } = this.#options
    const pause = this.#mayStandAt - clock.monotonic()
    if (pause > 0) {
      await new Promise<void>((resume) => clock.after(pause, resume))
      return // somebody may be in office by now
    }
    const { epoch: logEpoch } = await readHead(session)
    const fence = await stand(session, {
      nodeId,
      now: clock.now(),
      logEpoch: Math.max(logEpoch, this.#role.epoch),
      holdsOffice: held !== null,
    })
    if (!fence || this.#isOver(session)) return
    // From here on nobody else can move the head, so what it says now is all there is.
    await this.#catchUp(session)
    await removeLeftOver(fence, this.committedOffset)
    this.#committed.snapshot = await newestSnapshot(session)
    const head = await readHead(session)
    if (this.#isOver(session) || !session.isCertain) return
    assert(
      head.endOffset === this.committedOffset,
      `a new controller knows all of its log: ${this.committedOffset} of ${head.endOffset}`,
    )
    const appender: Appender = new Appender({
      fence,
      clock,
      head,
      onCommitted: (entry) => this.#committed.add(entry),
      onFailed: (why) => this.#failed(appender, why),
    })
    this.#term = { fence, appender }
    logger.info('this node is the active controller', { epoch: fence.epoch, endOffset: head.endOffset })
    this.#setRole({ isLeader: true, leaderId: nodeId, epoch: fence.epoch })
  }

  #failed(appender: Appender, why: Error): void {
    if (this.#term?.appender !== appender) return
    if (!(why instanceof Fenced) && !(why instanceof ZooKeeperError))
      this.#options.logger.error('the metadata could not be written to ZooKeeper', { error: why })
    this.#stepDown(why.message)
  }

  #endTermOf(session: Session, why: string): void {
    if (this.#term?.fence.session === session) this.#stepDown(why)
  }

  /** At once, in this turn: what is not committed is none of ours any more. */
  #stepDown(why: string): void {
    const term = this.#term
    if (!term) return
    this.#term = null
    term.appender.stop()
    this.#options.logger.warn('this node is not the active controller any more', { epoch: term.fence.epoch, why })
    this.#setRole({ isLeader: false, leaderId: null, epoch: this.#role.epoch })
    this.#stir()
    // What was under way may have been written all the same.
    const { session } = term.fence
    if (!this.#isOver(session)) void this.#unlessOver(session, () => this.#catchUp(session))
  }

  #setRole(role: Leadership): void {
    const { isLeader, leaderId, epoch } = this.#role
    if (role.isLeader === isLeader && role.leaderId === leaderId && role.epoch === epoch) return
    this.#role = role
    for (const run of this.#onRole) run(role)
  }

  /** What a writer of Kafka's nodes writes with while this node leads; null while it does not. */
  get fence(): Fence | null {
    return this.#term?.fence ?? null
  }
}

/** Lets the others know that the office is free. Where that fails, the end of the session tells them. */
async function leave({ fence }: Term): Promise<void> {
  await fence.write(remove(paths.controller)).catch(() => {})
}
