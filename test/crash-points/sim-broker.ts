// A broker on one simulated machine with a calm network, and questions to it: what recordings and the judge of a state both need.

import { type LogLine, World } from '../../src/platform/sim/world.ts'
import { BrokerNode } from '../sim/broker-node.ts'
import { violated } from '../sim/history.ts'
import { KafkaClient } from '../support/kafka-client.ts'

const MAX_EVENTS = 3_000_000
const START_MS = 60_000
const ANSWER_MS = 60_000
/** Answers reach a client soon after they left, so that what it was told was promised just then. */
const LATENCY_MS = 0.02

export type Overrides = Readonly<Record<string, string>>

export class SimBroker {
  readonly world: World
  readonly node: BrokerNode
  /** What it logged, from `info` up. */
  readonly lines: string[] = []
  #bug: Error | null = null

  constructor(seed: number, overrides: Overrides) {
    this.world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents: MAX_EVENTS })
    this.world.network.weather = { latencyMs: LATENCY_MS, slowShare: 0, slowMs: 0, splitShare: 0 }
    this.world.onLine = (line) => this.#hear(line)
    this.node = new BrokerNode(this.world.machine('broker'), overrides)
    this.node.mayFail = false
  }

  #hear({ level, facts, message }: LogLine): void {
    const details = Object.entries(facts).map(([name, fact]) => `${name}=${String(fact)}`)
    this.lines.push(`${this.world.events.now.toFixed(3)} ${level}: ${[message, ...details].join(' ')}`)
    for (let why: unknown = facts['error'] ?? facts['why']; why instanceof Error; why = why.cause)
      if (/^(AssertionFailed|TypeError|RangeError|ReferenceError)$/.test(why.name))
        this.#bug ??= new Error(`a bug in the broker: ${message}: ${why.stack}`)
  }

  /** Starts the broker; throws where it refuses to. */
  async start(): Promise<void> {
    this.node.start()
    await this.until('the broker serves', START_MS, () => this.node.isServing)
  }

  async stop(): Promise<void> {
    this.node.stop()
    await this.until('the broker has stopped', START_MS, () => this.node.process === null)
  }

  async until(what: string, ms: number, isTrue: () => boolean): Promise<void> {
    const isDone = await this.world.events.run(this.world.events.now + ms, () => this.#bug !== null || isTrue())
    if (this.#bug) throw this.#bug
    if (!isDone) violated(`not true within ${ms} ms: ${what}`)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.world.events.after(ms, 'somebody sleeps', resolve))
  }

  connect(): Promise<KafkaClient> {
    return KafkaClient.connect(this.node.bootstrapServers, this.world.machine('client').start().platform)
  }

  /** Runs `work` with a client while the world goes on. */
  async ask<T>(work: (client: KafkaClient) => Promise<T>): Promise<T> {
    return this.run(async () => {
      const client = await this.connect()
      const value = await work(client)
      client.close()
      return value
    })
  }

  /** Runs `work` to its end while the world goes on; throws what it throws. */
  async run<T>(work: () => Promise<T>, ms = ANSWER_MS): Promise<T> {
    const outcome: { value?: T; error?: unknown; isOver: boolean } = { isOver: false }
    work().then(
      (value) => Object.assign(outcome, { value, isOver: true }),
      (error: unknown) => Object.assign(outcome, { error, isOver: true }),
    )
    await this.until('the clients are answered', ms, () => outcome.isOver)
    if ('error' in outcome) throw outcome.error
    return outcome.value as T
  }
}
