// Replicas dealt out over racks first, over the brokers of each rack then, as Kafka's striped placer deals them out; but the brokers of a rack lead in
// turn, where Kafka's leaves some of them without leadership when racks and brokers come out even.

export interface PlacedBroker {
  readonly id: number
  readonly rack: string | null
  /** It is registered and serves nobody: used only where the others of its rack do not suffice. */
  readonly fenced: boolean
}

/** From 0 up to and without 1. */
export type Chance = () => number

/** Too few brokers; the message is Kafka's. */
export class PlacementError extends Error {
  override readonly name = 'PlacementError'
}

/** The replicas of `count` partitions; the first of each is on a broker that serves. Throws a PlacementError. */
export function dealReplicas(
  brokers: readonly PlacedBroker[],
  count: number,
  replicationFactor: number,
  chance: Chance,
): number[][] {
  if (brokers.every(({ fenced }) => fenced)) throw new PlacementError('All brokers are currently fenced.')
  if (brokers.length < replicationFactor) {
    throw new PlacementError(
      `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers.length} broker(s) are registered.`,
    )
  }
  const racks = new RackRing(brokers, chance)
  return Array.from({ length: count }, () => racks.deal(replicationFactor))
}

/** Brokers in a circle. Each round begins one further along and gives every broker once; leaders are taken in turn, whatever round it is. */
class BrokerRing {
  readonly #ids: number[]
  #start: number
  #round = 0
  #given = 0
  #nextLeader: number

  constructor(ids: readonly number[], chance: Chance) {
    this.#ids = [...ids].sort((one, other) => one - other)
    this.#start = below(chance, this.#ids.length)
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

  shuffle(chance: Chance): void {
    shuffle(this.#ids, chance)
  }
}

interface Rack {
  readonly serving: BrokerRing
  readonly fenced: BrokerRing
}

function rackOf(brokers: readonly PlacedBroker[], name: string | null, chance: Chance): Rack {
  const here = brokers.filter(({ rack }) => rack === name)
  const ring = (isFenced: boolean) =>
    new BrokerRing(
      here.filter(({ fenced }) => fenced === isFenced).map(({ id }) => id),
      chance,
    )
  return { serving: ring(false), fenced: ring(true) }
}

/**
 * Racks in a circle; each partition begins with the next one, so that leaders are spread over racks too. Those where nobody serves come behind all
 * others.
 */
class RackRing {
  readonly #chance: Chance
  readonly #racks: Rack[]
  readonly #reserve: readonly Rack[]
  readonly #servingBrokers: number
  #start: number
  #round = 0

  constructor(brokers: readonly PlacedBroker[], chance: Chance) {
    this.#chance = chance
    this.#servingBrokers = brokers.filter(({ fenced }) => !fenced).length
    const names = [...new Set(brokers.map(({ rack }) => rack))].sort(byName)
    const racks = names.map((name) => rackOf(brokers, name, chance))
    this.#racks = racks.filter(({ serving }) => !serving.isEmpty)
    this.#reserve = racks.filter(({ serving }) => serving.isEmpty)
    this.#start = below(chance, this.#racks.length)
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
    shuffle(this.#racks, this.#chance)
    for (const { serving, fenced } of this.#racks) {
      serving.shuffle(this.#chance)
      fenced.shuffle(this.#chance)
    }
  }
}

/** The leader has its place already. */
function next(ring: BrokerRing, round: number, leader: number): number | null {
  const id = ring.next(round)
  return id === leader ? ring.next(round) : id
}

function below(chance: Chance, limit: number): number {
  return Math.floor(chance() * limit)
}

function shuffle(items: unknown[], chance: Chance): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(chance, i + 1)
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
