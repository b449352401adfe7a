// Keeps the metadata fresh: asks when somebody needs a topic that is not known, when something turned out to be stale, and when it has become old. At
// most one question is on its way.

import { deferred } from '../../base/deferred.ts'
import type { Exchange } from '../../net/peer.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import { brokerError, type ClientError, clientError, UnsupportedError } from '../errors/index.ts'
import { type BackoffOptions, backoffMs, isRetriable, type Lifetime, type Patience } from '../patience.ts'
import { type BrokerInfo, type LeaderHint, Metadata, type TopicInfo } from './metadata.ts'
import type { Node } from './node.ts'
import type { Nodes } from './nodes.ts'

const METADATA: Exchange<MetadataRequest, MetadataResponse> = { request: MetadataRequest, response: MetadataResponse }
/** In older versions no topics at all cannot be asked for: an empty list means all. */
const FIRST_WITH_NO_TOPICS = 1
/** So many answers that bring nothing new do not make the pauses longer: a partition mostly has a leader again within a second. */
const QUICK_ANSWERS = 10
/** Times the longest pause: that nothing new was heard before that is no reason to wait any more. */
const FORGETS_AFTER = 3

export interface KeeperOptions {
  readonly clock: Clock
  readonly random: Random
  readonly nodes: Nodes
  readonly lifetime: Lifetime
  readonly backoff: BackoffOptions
  readonly maxAgeMs: number
  /** Topics that nobody asked for in so long are forgotten; missing: never. */
  readonly maxIdleMs?: number | undefined
  readonly rebootstraps: boolean
  /** Whether asking for a topic may create it, where the brokers do that. */
  readonly createsTopics: boolean
}

export class MetadataKeeper {
  readonly #options: KeeperOptions
  /** By topic: when it was needed last. */
  readonly #wanted = new Map<string, number>()
  /** Somebody subscribes by a pattern. */
  #wantsAll = 0
  #metadata = Metadata.none
  #asking: Promise<void> | null = null
  /** What was wanted has grown since the question on its way was asked. */
  #asksAgain = false
  /** Something is known to be stale; refreshed after a pause. */
  #refreshing: Timer | null = null
  #failures = 0
  /** Answers one after the other that brought nothing new. */
  #fruitless = 0
  #answeredAt = 0
  #age: Timer | null = null
  readonly #listeners = new Set<(metadata: Metadata) => void>()

  constructor(options: KeeperOptions) {
    this.#options = options
    options.lifetime.signal.addEventListener('abort', () => this.#stop())
  }

  get metadata(): Metadata {
    return this.#metadata
  }

  /** Runs `run` with everything new; returns what ends it. */
  onChange(run: (metadata: Metadata) => void): () => void {
    this.#listeners.add(run)
    return () => void this.#listeners.delete(run)
  }

  /** Asks for all topics from now on, until what is returned is called. */
  wantAll(): () => void {
    this.#wantsAll++
    return () => void this.#wantsAll--
  }

  /** The topic, as far as it is known now; its metadata are kept fresh from now on. */
  peek(topic: string): TopicInfo | undefined {
    this.#wanted.set(topic, this.#options.clock.monotonic())
    return this.#metadata.topics.get(topic)
  }

  forget(topic: string): void {
    this.#wanted.delete(topic)
  }

  /**
   * The topics, asking until each is known: throws what the brokers say of a topic that will not be there without somebody doing something (a wrong name,
   * no ACL), and a TimeoutError where the time is over.
   */
  async topics(names: readonly string[], patience: Patience): Promise<readonly TopicInfo[]> {
    for (let attempt = 0; ; attempt++) {
      const infos = names.map((name) => this.peek(name))
      if (infos.every((info) => info !== undefined)) return infos
      if (attempt > 0) {
        this.#judge(names, patience)
        await patience.sleep(this.#pause(attempt - 1))
      }
      await this.#freshly(patience)
    }
  }

  /** Waits for an answer that was asked for after this call. Tries again where nobody answers, until the patience ends. */
  async refresh(patience: Patience): Promise<Metadata> {
    await this.#freshly(patience)
    return this.#metadata
  }

  /** Something turned out to be stale: it is asked for soon, and not at once where that was of no help a moment ago. */
  invalidate(): void {
    const { lifetime, clock } = this.#options
    if (this.#refreshing || lifetime.isOver) return
    if (clock.monotonic() - this.#answeredAt > FORGETS_AFTER * this.#options.backoff.maxMs) this.#fruitless = 0
    this.#refreshing = clock.after(this.#pause(this.#failures + Math.max(0, this.#fruitless - QUICK_ANSWERS)), () => {
      this.#refreshing = null
      this.#ask().catch(() => this.invalidate())
    })
  }

  /** What a partition's former leader said of the new one (KIP-951). */
  learnLeader(topic: string, index: number, hint: LeaderHint, endpoints: readonly BrokerInfo[]): void {
    const next = this.#metadata.withLeader(topic, index, hint, endpoints)
    if (next === this.#metadata) return
    for (const { id, host, port } of endpoints) this.#options.nodes.learn(id, { host, port })
    this.#tell(next)
  }

  #judge(names: readonly string[], patience: Patience): void {
    for (const name of names) {
      const code = this.#metadata.refused.get(name)
      if (code === undefined) continue
      const error = brokerError(code, `topic ${name}`)
      if (!error.retriable) throw error
      patience.blame(error)
    }
  }

  /** Until a question that was asked from now on is answered. */
  async #freshly(patience: Patience): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        if (this.#asking) {
          this.#asksAgain = true
          await patience.race(this.#asking)
        }
        return await patience.race(this.#ask())
      } catch (thrown) {
        if (!isRetriable(thrown) || patience.leftMs === 0) throw thrown
        patience.blame(thrown)
        await patience.sleep(this.#pause(attempt))
      }
    }
  }

  #ask(): Promise<void> {
    if (this.#asking) return this.#asking
    const over = deferred<void>()
    this.#asking = over.promise
    over.promise.catch(() => {}) // who asked hears it; nobody may be waiting
    this.#round().then(
      () => {
        this.#failures = 0
        this.#asking = null
        over.resolve()
        if (this.#asksAgain) void this.#ask()
      },
      (thrown) => {
        this.#failures++
        this.#asking = null
        over.reject(thrown)
      },
    )
    this.#asksAgain = false
    return over.promise
  }

  /** Asks one after the other until one answers. */
  async #round(): Promise<void> {
    const { nodes, lifetime, rebootstraps } = this.#options
    lifetime.check()
    this.#expire()
    let last: unknown
    for (const node of nodes.candidates('data', rebootstraps)) {
      try {
        return this.#take(await this.#askOne(node))
      } catch (thrown) {
        lifetime.check()
        last = clientError(thrown, `Metadata of ${node.name}`)
        if (!isRetriable(last)) {
          if ((last as ClientError).code !== 'REBOOTSTRAP_REQUIRED' || !rebootstraps) throw last
          nodes.forget()
          this.#metadata = Metadata.none
        }
      }
    }
    throw last
  }

  async #askOne(node: Node): Promise<{ answer: MetadataResponse; asked: ReadonlySet<string> | null }> {
    const names = this.#wantsAll > 0 ? null : [...this.#wanted.keys()]
    const { createsTopics, lifetime } = this.#options
    const body = (version: number) => {
      if (version < FIRST_WITH_NO_TOPICS)
        throw new UnsupportedError('UNSUPPORTED_VERSION', `${node.name} is older than Kafka 0.10`)
      return { topics: names?.map((name) => ({ name })) ?? null, allowAutoTopicCreation: createsTopics }
    }
    const answer = await node.send(METADATA, body, { signal: lifetime.signal })
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `Metadata of ${node.name}`)
    return { answer, asked: names && new Set(names) }
  }

  #take({ answer, asked }: { answer: MetadataResponse; asked: ReadonlySet<string> | null }): void {
    const { nodes, clock, maxAgeMs } = this.#options
    // A topic that somebody wants since the question was asked is not known to be gone.
    const next = this.#metadata.answered(answer, (topic) => this.#wanted.has(topic) && asked !== null && !asked.has(topic))
    if (answer.brokers.length > 0) nodes.update(new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }])))
    this.#fruitless = next.isAs(this.#metadata) ? this.#fruitless + 1 : 0
    this.#answeredAt = clock.monotonic()
    this.#age?.cancel()
    this.#age = clock.after(maxAgeMs, () => this.invalidate())
    this.#tell(next)
    // A topic without a leader has one soon.
    if ([...next.topics.values()].some(({ partitions }) => partitions.some(({ leaderId }) => leaderId === null)))
      this.invalidate()
  }

  #tell(next: Metadata): void {
    this.#metadata = next
    for (const run of [...this.#listeners]) run(next)
  }

  #expire(): void {
    const { maxIdleMs, clock } = this.#options
    if (maxIdleMs === undefined) return
    const before = clock.monotonic() - maxIdleMs
    for (const [topic, neededAt] of this.#wanted) if (neededAt < before) this.#wanted.delete(topic)
  }

  #pause(attempt: number): number {
    return backoffMs(this.#options.backoff, attempt, this.#options.random)
  }

  #stop(): void {
    this.#age?.cancel()
    this.#refreshing?.cancel()
    this.#refreshing = null
    this.#listeners.clear()
  }
}
