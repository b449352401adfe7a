// What replicas hold, beside what the controller knows of them: brokers that crash lose what they had not flushed, leaders commit what all in-sync
// replicas have. Whoever leads without having been elected uncleanly must have everything committed.

import type { Effect } from '../../src/machine/machine.ts'
import { alterPartition, type ProposedIsr } from '../../src/metadata/controller/alter-partition.ts'
import { heartbeat } from '../../src/metadata/controller/heartbeats.ts'
import type { TopicImage } from '../../src/metadata/image.ts'
import { type PartitionImage, RECOVERING } from '../../src/metadata/partition.ts'
import { BROKERS, happens, restarts } from './controller-chaos.ts'
import type { TestController } from './test-controller.ts'

const HEARTBEAT_MS = 2000
/** More than one. */
const SESSION_MS = 9100

interface Process {
  isUp: boolean
  /** Stopped in the middle of what it does, as by SIGSTOP: it says and fetches nothing, and loses nothing. */
  isPaused: boolean
  /** Under which it was registered last. */
  epoch: number
  /** Left by a clean stop, for the next process to find. */
  marker: number
}

/** What a leader sent and nobody has decided yet. */
interface Proposal {
  readonly topicId: string
  readonly leader: number
  readonly leaderBrokerEpoch: number
  readonly proposed: ProposedIsr
  /** Of the members, those that had caught up with a leader that had everything, and lost nothing since. */
  readonly caughtUp: Set<number>
}

export class ReplicaModel {
  readonly #it: TestController
  readonly #processes = new Map<number, Process>()
  /** Who has everything committed, by topic id and partition. */
  readonly #complete = new Map<string, Set<number>>()
  #proposals: Proposal[] = []
  now = 0
  #beatsAt = 0
  #sessionsAt = 0

  constructor(it: TestController) {
    this.#it = it
    for (const id of BROKERS) this.#processes.set(id, { isUp: true, isPaused: false, epoch: it.epochOf(id), marker: -1 })
    this.#arm(it.controller.onLoaded(0))
  }

  /** Carries out what happens, and follows what it means for the replicas. */
  run(act: () => void): void {
    act()
    for (const [place, { isr, leader, replicas, leaderRecoveryState }] of this.#partitions()) {
      const complete = this.#complete.get(place)
      // What a leader of an unclean election has is what the partition holds from then on.
      const begins = !complete || (leaderRecoveryState === RECOVERING && leader !== -1)
      if (begins) this.#complete.set(place, new Set(isr))
      else for (const id of complete) if (!replicas.includes(id)) complete.delete(id)
    }
  }

  *#partitions(): Generator<[place: string, partition: PartitionImage, topic: TopicImage]> {
    for (const topic of this.#it.controller.image.topics.values())
      for (const partition of topic.partitions) yield [`${topic.id} ${partition.partition}`, partition, topic]
  }

  /** Time goes by: who is up shows it, and the sessions of the others end. */
  pass(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const next = Math.min(this.#beatsAt, this.#sessionsAt)
      if (next > until) break
      this.now = Math.max(this.now, next)
      if (this.#beatsAt <= this.now) this.#everybodyBeats()
      else this.run(() => happens(this.#it, this.#fence, this.now))
    }
    this.now = until
  }

  #everybodyBeats(): void {
    this.#beatsAt = this.now + HEARTBEAT_MS
    for (const id of BROKERS) if (this.#mayAct(id)) this.#beat(id, false)
  }

  readonly #fence = (controller: TestController['controller'], now: number) => {
    const decision = controller.onTimer('sessions', now)
    this.#arm(decision.effects ?? [])
    return decision
  }

  #arm(effects: readonly Effect[]): void {
    for (const effect of effects)
      if (effect.kind === 'timer' && effect.key === 'sessions') this.#sessionsAt = this.now + effect.afterMs
  }

  #beat(brokerId: number, wantShutDown: boolean): boolean {
    const brokerEpoch = this.#processes.get(brokerId)!.epoch
    const currentMetadataOffset = this.#it.written.length - 1
    const request = { brokerId, brokerEpoch, currentMetadataOffset, wantFence: false, wantShutDown }
    let maySleep = false
    this.run(() =>
      happens(
        this.#it,
        (controller, now) => {
          const decision = heartbeat(controller, request, now)
          maySleep = decision.reply.kind === 'now' && decision.reply.value.shouldShutDown
          return decision
        },
        this.now,
      ),
    )
    return maySleep
  }

  /** A process ends, with what it had not flushed. */
  crash(id: number): void {
    const process = this.#processes.get(id)!
    if (!process.isUp) return
    Object.assign(process, { isUp: false, isPaused: false, marker: -1 })
    for (const complete of this.#complete.values()) complete.delete(id)
    for (const { caughtUp } of this.#proposals) caughtUp.delete(id)
  }

  /** Dead for longer than a session, and back. */
  bounce(id: number): void {
    this.crash(id)
    this.pass(SESSION_MS)
    this.start(id)
    this.pass(2 * HEARTBEAT_MS)
  }

  /** Out of the world for longer than a session; the process knows nothing of it. */
  suspend(id: number): void {
    this.#processes.get(id)!.isPaused = true
    this.pass(SESSION_MS)
    this.#processes.get(id)!.isPaused = false
    this.pass(2 * HEARTBEAT_MS)
  }

  #mayAct(id: number): boolean {
    const { isUp, isPaused } = this.#processes.get(id)!
    return isUp && !isPaused
  }

  stop(id: number): void {
    const process = this.#processes.get(id)!
    for (let tries = 0; this.#mayAct(id) && tries < 3; tries++) {
      if (this.#beat(id, true)) Object.assign(process, { isUp: false, marker: process.epoch })
      else for (const other of BROKERS) if (other !== id && this.#mayAct(other)) this.#beat(other, false)
    }
  }

  /** The next process, where the controller takes it. */
  start(id: number): void {
    const process = this.#processes.get(id)!
    if (process.isUp) return
    const isClean = process.marker >= 0 && process.marker === this.#it.controller.image.brokers.get(id)?.epoch
    let isTaken = false
    this.run(() => {
      isTaken = restarts(this.#it, id, isClean, this.now)
    })
    if (isTaken) Object.assign(process, { isUp: true, epoch: this.#it.epochOf(id), marker: -1 })
  }

  #isUp(id: number): boolean {
    const { epoch } = this.#processes.get(id)!
    return this.#mayAct(id) && this.#it.controller.image.brokers.get(id)?.epoch === epoch
  }

  /** Leaders take records, and commit where enough are in sync: those have them, nobody else has everything any more. */
  produce(minInsyncReplicas: (topic: TopicImage) => number): void {
    for (const [place, partition, topic] of this.#partitions()) {
      const { leader, isr, replicas, leaderRecoveryState, partitionEpoch } = partition
      if (leader === -1 || leaderRecoveryState === RECOVERING) continue
      const proposals = this.#proposals.filter((one) => `${one.topicId} ${one.proposed.partitionIndex}` === place)
      // A leader counts on those too whom it has proposed (KIP-497), until it learns that the partition changed without it.
      const joining = proposals.filter(({ proposed }) => proposed.partitionEpoch === partitionEpoch)
      const counted = new Set([
        ...isr,
        ...joining.flatMap(({ proposed }) => proposed.newIsrWithEpochs.map((one) => one.brokerId)),
      ])
      if (isr.length < Math.min(minInsyncReplicas(topic), replicas.length)) continue
      if (![...counted].every((id) => this.#isUp(id))) continue
      const complete = this.#complete.get(place)!
      for (const left of [complete, ...proposals.map(({ caughtUp }) => caughtUp)])
        for (const id of left) if (!counted.has(id)) left.delete(id)
    }
  }

  /** A leader proposes: some of its ISR go, some that have caught up come. */
  propose(found: { topic: TopicImage; partition: PartitionImage } | null, members: readonly number[]): void {
    if (!found) return
    const { topic, partition } = found
    const { leader, leaderEpoch, partitionEpoch } = partition
    if (leader === -1 || !this.#isUp(leader)) return
    const place = `${topic.id} ${partition.partition}`
    const mayPropose = (one: Proposal) =>
      `${one.topicId} ${one.proposed.partitionIndex}` !== place || one.proposed.partitionEpoch < partitionEpoch
    if (!this.#proposals.every(mayPropose)) return
    const isr = [leader, ...members.filter((id) => id !== leader && partition.replicas.includes(id))]
    const reachable = isr.filter((id) => partition.isr.includes(id) || this.#isUp(id))
    const newIsrWithEpochs = reachable.map((brokerId) => ({ brokerId, brokerEpoch: this.#processes.get(brokerId)!.epoch }))
    const proposed = {
      partitionIndex: partition.partition,
      leaderEpoch,
      newIsr: [],
      newIsrWithEpochs,
      leaderRecoveryState: 0,
      partitionEpoch,
    }
    const hasAll = this.#complete.get(place)!.has(leader)
    const caughtUp = new Set(hasAll ? reachable.filter((id) => this.#isUp(id)) : [])
    this.#proposals.push({ topicId: topic.id, leader, leaderBrokerEpoch: this.#processes.get(leader)!.epoch, proposed, caughtUp })
  }

  /** The oldest proposal arrives, whatever has happened since. */
  deliver(): void {
    const proposal = this.#proposals.shift()
    if (!proposal) return
    const { topicId, leader: brokerId, leaderBrokerEpoch: brokerEpoch, proposed, caughtUp } = proposal
    const topics = [{ topicId, partitions: [proposed] }]
    const place = `${topicId} ${proposed.partitionIndex}`
    let isTaken = false
    this.run(() =>
      happens(
        this.#it,
        (controller) => {
          const decision = alterPartition(controller, { brokerId, brokerEpoch, topics })
          isTaken = decision.records.length > 0
          return decision
        },
        this.now,
      ),
    )
    const complete = this.#complete.get(place)
    if (isTaken) for (const id of caughtUp) complete?.add(id)
  }

  /** Replicas that are counted on, serve, and miss something that was committed. */
  losses(): string[] {
    const found: string[] = []
    for (const [place, partition, topic] of this.#partitions()) {
      if (partition.leaderRecoveryState === RECOVERING) continue
      const complete = this.#complete.get(place)!
      const wrong = partition.isr.filter((id) => this.#isUp(id) && !complete.has(id))
      if (wrong.length > 0) found.push(`${wrong} of ${topic.name}: ${JSON.stringify(partition)}`)
    }
    return found
  }

  /** A controller that was loaded from the log goes on; it has heard of nobody. */
  follow(controller: TestController['controller']): void {
    Object.assign(this.#it, { controller })
    this.#arm(controller.onLoaded(this.now))
  }
}
