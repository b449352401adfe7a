// Where the replicas of new partitions go: over racks first, over the brokers of each rack then, as Kafka's striped placer deals them out; but the
// brokers of a rack lead in turn, where Kafka's leaves some of them without leadership when racks and brokers come out even.

import type { Random } from '../../platform/random.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from '../image.ts'

/**
 * The replicas of `count` partitions; the first of each is on a broker that serves. Brokers that are fenced are used only where the others of their
 * rack do not suffice, those that are leaving never. Throws INVALID_REPLICATION_FACTOR.
 */
export function placeReplicas(
  brokers: Iterable<BrokerImage>,
  count: number,
  replicationFactor: number,
  random: Random,
): number[][] {
  const usable = [...brokers].filter(({ fenced, inControlledShutdown }) => fenced || !inControlledShutdown)
  const because = `Unable to replicate the partition ${replicationFactor} time(s)`
  if (usable.length < replicationFactor) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `${because}: The target replication factor of ${replicationFactor} cannot be reached because only ${usable.length} broker(s) are registered.`,
    )
  }
  if (usable.every(({ fenced }) => fenced))
    throw new KafkaError('INVALID_REPLICATION_FACTOR', `${because}: all brokers are fenced.`)
  const racks = new RackRing(usable, random)
  return Array.from({ length: count }, () => racks.deal(replicationFactor))
}

/** Brokers in a circle. Each round begins one further along and gives every broker once; leaders are taken in turn, whatever round it is. */
class BrokerRing {
  readonly #ids: number[]
  #start: number
  #round = 0
  #given = 0
  #nextLeader: number

  constructor(ids: readonly number[], random: Random) {
    this.#ids = [...ids].sort((one, other) => one - other)
    this.#start = below(random, this.#ids.length)
    this.#nextLeader = this.#start
  }

  get isEmpty(): boolean {
    return this.#ids.length === 0
  }

  /** Of a ring that is not empty. */
  lead(): number {
    return this.#ids[this.#nextLeader++ % this.#ids.length]!
  }

  /** Null where this round has given all. */
  next(round: number): number | null {
    if (round !== this.#round) {
      this.#round = round
      this.#given = 0
      this.#start++
    }
    if (this.#given >= this.#ids.length) return null
    return this.#ids[(this.#start + this.#given++) % this.#ids.length]!
  }

  shuffle(random: Random): void {
    shuffle(this.#ids, random)
  }
}

interface Rack {
  readonly serving: BrokerRing
  readonly fenced: BrokerRing
}

function rackOf(brokers: readonly BrokerImage[], name: string | null, random: Random): Rack {
  const here = brokers.filter(({ rack }) => rack === name)
  const ring = (isFenced: boolean) =>
    new BrokerRing(
      here.filter(({ fenced }) => fenced === isFenced).map(({ id }) => id),
      random,
    )
  return { serving: ring(false), fenced: ring(true) }
}

/**
 * Racks in a circle; each partition begins with the next one, so that leaders are spread over racks too. Those where nobody serves come behind all
 * others.
 */
class RackRing {
  readonly #random: Random
  readonly #racks: Rack[]
  readonly #reserve: readonly Rack[]
  readonly #servingBrokers: number
  #start: number
  #round = 0

  constructor(brokers: readonly BrokerImage[], random: Random) {
    this.#random = random
    this.#servingBrokers = brokers.filter(({ fenced }) => !fenced).length
    const names = [...new Set(brokers.map(({ rack }) => rack))].sort(byName)
    const racks = names.map((name) => rackOf(brokers, name, random))
    this.#racks = racks.filter(({ serving }) => !serving.isEmpty)
    this.#reserve = racks.filter(({ serving }) => serving.isEmpty)
    this.#start = below(random, this.#racks.length)
  }

  /** The replicas of one partition. There are enough brokers, and one that serves. */
  deal(replicationFactor: number): number[] {
    this.#mixWhenAllHaveLed()
    const round = this.#round++
    const begin = this.#start++ % this.#racks.length
    const order = [...this.#racks.slice(begin), ...this.#racks.slice(0, begin), ...this.#reserve]
    const leader = order[0]!.serving.lead()
    const replicas = [leader]
    // The leader's rack has had its turn; all are asked in a circle until there are enough.
    for (let turn = 1; replicas.length < replicationFactor; turn++) {
      const { serving, fenced } = order[turn % order.length]!
      const id = next(serving, round, leader) ?? fenced.next(round)
      if (id !== null) replicas.push(id)
    }
    return replicas
  }

  /** Without this the same brokers would meet again and again: when one dies, the same one would take over all that it led. */
  #mixWhenAllHaveLed(): void {
    if (this.#round === 0 || this.#round % this.#servingBrokers !== 0) return
    shuffle(this.#racks, this.#random)
    for (const { serving, fenced } of this.#racks) {
      serving.shuffle(this.#random)
      fenced.shuffle(this.#random)
    }
  }
}

/** The leader has its place already. */
function next(ring: BrokerRing, round: number, leader: number): number | null {
  const id = ring.next(round)
  return id === leader ? ring.next(round) : id
}

function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit)
}

function shuffle(items: unknown[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(random, i + 1)
    const moved = items[i]
    items[i] = items[j]
    items[j] = moved
  }
}

/** Brokers without a rack come first. */
function byName(one: string | null, other: string | null): number {
  if (one === other) return 0
  if (one === null) return -1
  return other === null || one > other ? 1 : -1
}
