// A metadata quorum in virtual time: real logs on simulated disks, a network that a test makes worse, a leader that writes, and followers that apply.

import { randomUuid, ZERO_UUID } from '../../src/base/uuid.ts'
import { noTexts, staticLayers } from '../../src/config/layers.ts'
import { topicConfig } from '../../src/config/resolve.ts'
import { LogDir } from '../../src/log/log-dir.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import { type Machine, World } from '../../src/platform/sim/world.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import { batches, type RecordBatch } from '../../src/protocol/records/batch.ts'
import { buildBatch } from '../../src/protocol/records/builder.ts'
import { formatMetadata, METADATA_LOG, METADATA_TOPIC_ID } from '../../src/raft/format.ts'
import { MetadataLog } from '../../src/raft/metadata-log.ts'
import { KRAFT_VERSIONS, type Voter } from '../../src/raft/voters.ts'
import { digestOf, QuorumChecks } from './quorum-checks.ts'
import { hostOf, QuorumNetwork } from './quorum-network.ts'

const DIR = '/data'
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw'
const PORT = 9093
const WRITE_MS = 60

export interface ClusterOptions {
  readonly seed: number
  readonly voters: number
  readonly observers?: number
  /** Of the observers, those that are controllers: they can become voters. */
  readonly spares?: number
  /** Whether spares become voters by themselves. */
  readonly autoJoin?: boolean
  /** 0: the voters stand in the configuration, and without directory ids. */
  readonly kraftVersion?: 0 | 1
  /** Between two records of a leader; 60, and 0 for none. */
  readonly writeMs?: number
  /** A snapshot every so many offsets, and no log below the newest one. */
  readonly snapshotEvery?: number
}

export class QuorumCluster {
  readonly world: World
  readonly network: QuorumNetwork
  readonly checks = new QuorumChecks()
  readonly nodes: readonly QuorumNode[]
  readonly options: ClusterOptions
  readonly voters: readonly Voter[]
  /** Changes that a leader said were made. */
  votersChanged = 0
  /** Told, a turn later, of the moments at which others begin to rely on a node: it granted a vote, or was the first to hear of a commit. */
  onMoment: (moment: 'vote' | 'commit', id: number) => void = () => {}

  static async start(options: ClusterOptions): Promise<QuorumCluster> {
    const cluster = new QuorumCluster(options)
    for (const node of cluster.nodes) await cluster.do(node.format())
    for (const node of cluster.nodes) node.start()
    return cluster
  }

  private constructor(options: ClusterOptions) {
    this.options = options
    this.world = new World({ seed: options.seed, turn: () => new Promise(setImmediate), maxEvents: 2e6 })
    this.network = new QuorumNetwork(this.world)
    const ids = Array.from({ length: options.voters + (options.observers ?? 0) }, (_, i) => i + 1)
    const directoryIds = ids.map(() => randomUuid((length) => this.world.random.bytes(length)))
    const isNamed = options.kraftVersion !== 0
    this.voters = ids.slice(0, options.voters).map((id, i) => ({
      id,
      directoryId: isNamed ? directoryIds[i]! : ZERO_UUID,
      endpoints: endpointsOf(id),
      kraftVersions: KRAFT_VERSIONS,
    }))
    this.nodes = ids.map((id, i) => new QuorumNode(this, id, directoryIds[i]!))
    this.network.onMessage = (_, to, api, request, response) => this.#watchVotes(to, api, request, response)
  }

  /** Virtual time goes on until the promise settles. */
  async do<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    done.catch(() => {}) // given to the caller
    await this.world.events.run(this.world.events.now + 60_000, () => isDone)
    return done
  }

  /** Virtual time goes on for so long; false where `isDone` did not come true before. */
  run(ms: number, isDone?: () => boolean): Promise<boolean> {
    return this.world.events.run(this.world.events.now + ms, () => {
      for (const node of this.nodes) if (node.failure) throw node.failure
      return isDone?.() ?? false
    })
  }

  get leader(): QuorumNode | undefined {
    const leaders = this.nodes.filter(({ log, isUp }) => isUp && log?.isLeader)
    return leaders.sort((one, other) => other.log!.epoch - one.log!.epoch)[0]
  }

  /** A leader leads, and everybody who is up has all that was ever committed, and something new. */
  recovered(): () => boolean {
    const from = this.checks.committedOffset
    return () => this.leader !== undefined && this.nodes.every(({ isUp, log }) => !isUp || (log?.committedOffset ?? 0) > from + 3)
  }

  tellMoment(moment: 'vote' | 'commit', id: number): void {
    this.world.events.after(0, moment, () => this.onMoment(moment, id))
  }

  #watchVotes(to: number, api: string, request: unknown, response: unknown): void {
    if (api !== 'Vote') return
    const [asked] = (request as { topics: { partitions: Asked[] }[] }).topics[0]!.partitions
    const [answered] = (response as { topics: { partitions: { voteGranted: boolean }[] }[] }).topics[0]!.partitions
    if (asked!.preVote) return
    this.checks.votes(asked!.replicaId, asked!.replicaEpoch, asked!.replicaId)
    if (!answered!.voteGranted) return
    this.checks.votes(to, asked!.replicaEpoch, asked!.replicaId)
    this.tellMoment('vote', to)
  }
}

function endpointsOf(id: number): { name: string; host: string; port: number }[] {
  return [{ name: 'CONTROLLER', host: hostOf(id), port: PORT }]
}

interface Asked {
  readonly preVote: boolean
  readonly replicaId: number
  readonly replicaEpoch: number
}

export class QuorumNode {
  readonly id: number
  readonly machine: Machine
  readonly #cluster: QuorumCluster
  readonly #directoryId: string
  log: MetadataLog | null = null
  dir: LogDir | null = null
  #process: SimProcess | null = null
  /** What this node could not survive; a test looks at it. */
  failure: Error | null = null
  /** Why it stopped by itself. */
  retired: string | null = null
  #applied = 0
  #digest = 0
  #snapshotAt = 0
  #isWritingSnapshot = false

  constructor(cluster: QuorumCluster, id: number, directoryId: string) {
    this.#cluster = cluster
    this.id = id
    this.#directoryId = directoryId
    this.machine = cluster.world.machine(hostOf(id))
    this.machine.device.prepare('data')
  }

  get isUp(): boolean {
    return this.#process?.isAlive ?? false
  }

  /** At the beginning. */
  get isVoter(): boolean {
    return this.#cluster.voters.some(({ id }) => id === this.id)
  }

  /** One that votes, or may come to. */
  get isController(): boolean {
    return this.id <= this.#cluster.voters.length + (this.#cluster.options.spares ?? 0)
  }

  /** How the leader is asked to let it vote, or to do without it. */
  get voter(): { voterId: number; voterDirectoryId: string; listeners: { name: string; host: string; port: number }[] } {
    return { voterId: this.id, voterDirectoryId: this.#directoryId, listeners: endpointsOf(this.id) }
  }

  get process(): SimProcess {
    return this.#process!
  }

  /** The process ends; its system says so. */
  kill(): void {
    this.process.kill()
    this.#cluster.network.lost(this.id)
  }

  async format(): Promise<void> {
    const { disk } = this.machine.start().platform
    const text = `version=1\ncluster.id=${CLUSTER_ID}\nnode.id=${this.id}\ndirectory.id=${this.#directoryId}\n`
    await disk.replaceAtomic(`${DIR}/meta.properties`, Buffer.from(text))
    const { voters, options } = this.#cluster
    if (this.isVoter && options.kraftVersion !== 0) await formatMetadata(disk, DIR, { voters, bootstrap: [], now: 1 })
    await disk.flushDirectory(DIR)
  }

  /** Begins a life; what goes wrong in it is in `failure`. */
  start(): void {
    const process = this.machine.start()
    this.#process = process
    this.#open(process).catch((thrown: unknown) => this.#fail(process, thrown))
  }

  #fail(process: SimProcess, thrown: unknown): void {
    if (process.isAlive && process === this.#process) this.failure ??= thrown as Error
  }

  async #open(process: SimProcess): Promise<void> {
    const { platform } = process
    const { options, network, voters } = this.#cluster
    this.#applied = 0
    this.#digest = 0
    const config = { ...topicConfig(staticLayers(new Map()), noTexts), 'segment.bytes': 2000 }
    const dir = await LogDir.open(platform, DIR, { nodeId: this.id, clusterId: null, config })
    const files = dir.logs.get(`${METADATA_LOG}-0`) ?? (await dir.createLog(METADATA_LOG, 0, METADATA_TOPIC_ID, config))
    const log = await MetadataLog.open({
      platform,
      log: files,
      self: { id: this.id, directoryId: dir.directoryId },
      staticVoters: options.kraftVersion === 0 ? voters : [],
      retention: { bytes: () => (options.snapshotEvery ? 0 : -1), ms: () => -1 },
      quorum: {
        peers: network.of(this.id, process),
        clusterId: CLUSTER_ID,
        address: this.isController ? { host: hostOf(this.id), port: PORT } : null,
        endpoints: this.isController ? endpointsOf(this.id) : [],
        autoJoin: this.#cluster.options.autoJoin ?? false,
        listener: 'CONTROLLER',
        servers: this.#cluster.nodes
          .filter(({ isController }) => isController)
          .map(({ id }) => ({ host: hostOf(id), port: PORT })),
      },
    })
    dir.onOffline((why) => this.#fail(process, why))
    log.onRetired((why) => {
      if (process.isAlive) this.retired = why.message
      process.kill()
    })
    this.log = log
    this.dir = dir
    this.#follow(log, process)
    network.listen({ id: this.id, process, service: log.service })
    await log.start()
    if (this.#cluster.options.writeMs !== 0) this.#writeNow(log, process, 0)
  }

  // ---- what a node does with its log

  #follow(log: MetadataLog, process: SimProcess): void {
    const { checks } = this.#cluster
    let told = 0
    let isLoaded = false
    const later: RecordBatch[] = []
    const guarded = (run: () => void) => {
      try {
        run()
      } catch (thrown) {
        this.#fail(process, thrown)
      }
    }
    let loads = 0
    let loading = Promise.resolve()
    const load = () => {
      isLoaded = false
      const mine = ++loads
      loading = loading
        .then(() => (mine === loads ? this.#load(log) : undefined))
        .then(() => {
          if (mine !== loads) return
          isLoaded = true
          guarded(() => {
            for (const batch of later.splice(0)) this.#apply(batch)
          })
        })
        .catch((thrown: unknown) => {
          if (mine === loads) this.#fail(process, thrown)
        })
    }
    log.onRole(({ isLeader, epoch }) => {
      if (isLeader) guarded(() => checks.leads(this.id, epoch))
    })
    log.onCommit((offset) =>
      guarded(() => {
        if (offset < told) throw new Error(`node ${this.id}: the high watermark goes back from ${told} to ${offset}`)
        if (told === 0) load()
        told = offset
      }),
    )
    log.onRestored(load)
    log.onCommittedBatches((some) =>
      guarded(() => {
        if (isLoaded) for (const batch of some) this.#apply(batch)
        else later.push(...some)
        this.#snapshotWhereDue(log, process)
      }),
    )
  }

  /** As the publisher does: from the newest snapshot, then the log up to what is committed. */
  async #load(log: MetadataLog): Promise<void> {
    const snapshot = log.newestSnapshot()
    if (snapshot) {
      for await (const batch of log.readSnapshot(snapshot))
        for (const { value } of batch.records()) this.#digest = Number(Buffer.from(value!).toString())
      this.#applied = snapshot.endOffset
      this.#cluster.checks.reaches(this.id, this.#applied, this.#digest)
    } else {
      this.#applied = 0
      this.#digest = 0
    }
    while (this.#applied < log.committedOffset) {
      const [piece] = await log.read(this.#applied, 1 << 20)
      for (const batch of batches(piece!)) if (batch.nextOffset <= log.committedOffset) this.#apply(batch)
    }
  }

  #apply(batch: RecordBatch): void {
    if (batch.nextOffset <= this.#applied) return
    if (batch.baseOffset !== this.#applied)
      throw new Error(`node ${this.id} is told of ${batch.baseOffset} after ${this.#applied}`)
    this.#applied = batch.nextOffset
    this.#digest = digestOf(this.#digest, batch)
    const { checks } = this.#cluster
    const isNew = batch.nextOffset > checks.committedOffset
    checks.commits(this.id, batch, this.#digest)
    if (isNew) this.#cluster.tellMoment('commit', this.id)
  }

  #snapshotWhereDue(log: MetadataLog, process: SimProcess): void {
    const every = this.#cluster.options.snapshotEvery
    if (!every || this.#isWritingSnapshot || this.#applied - this.#snapshotAt < every) return
    this.#isWritingSnapshot = true
    this.#snapshotAt = this.#applied
    const record = { key: null, value: Buffer.from(String(this.#digest)), timestamp: 1 }
    log
      .writeSnapshot(this.#applied, 1, [buildBatch({ records: [record] })])
      .catch((thrown: unknown) => this.#fail(process, thrown))
      .finally(() => {
        this.#isWritingSnapshot = false
      })
  }

  #writeNow(log: MetadataLog, process: SimProcess, count: number): void {
    const value = Buffer.from(`${this.id} ${log.epoch} ${count}`.padEnd(40))
    try {
      if (log.isLeader) log.append(buildBatch({ records: [{ key: null, value, timestamp: 5 }] }))
    } catch (thrown) {
      if (!(thrown instanceof KafkaError && thrown.error === 'NOT_CONTROLLER')) this.#fail(process, thrown)
    }
    process.platform.clock.after(this.#cluster.options.writeMs ?? WRITE_MS, () => this.#writeNow(log, process, count + 1))
  }

  /** Every batch of the log below what is committed is what was committed. */
  async check(): Promise<void> {
    const log = this.log!
    for (let at = log.startOffset; at < log.committedOffset; ) {
      at = Math.max(at, log.startOffset) // a snapshot may have taken the place of the rest
      const [piece] = await log.read(at, 1 << 20)
      for (const batch of batches(piece!)) {
        if (batch.nextOffset <= log.committedOffset) this.#cluster.checks.holds(this.id, batch)
        at = batch.nextOffset
      }
    }
  }
}
