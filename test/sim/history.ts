// What clients were told, and the complaint as soon as two things that they were told do not go together.

/** The run is over: a promise was broken. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export function violated(what: string): never {
  throw new Violation(what)
}

/** The value of records that no broker may take. */
export const NEVER_TAKEN = 'behind a gap'

/** Records that a turned bit took from one copy. */
export interface Damage {
  readonly startOffset: number
  readonly endOffset: number
  /** Other copies are sound: the damage passes, and nothing is lost. */
  readonly isMended?: boolean
}

interface Seen {
  readonly offset: number
  readonly value: string | null
}

/** One partition. Values of records are unique. */
export class PartitionHistory {
  readonly name: string
  readonly #values = new Map<number, string>()
  readonly #offsets = new Map<string, number>()
  /** Acknowledged by all: value to offset. */
  readonly acknowledged = new Map<string, number>()
  /** Behind the last record that was acknowledged by all. */
  acknowledgedEnd = 0
  /** Acknowledged under acks=1, by offset. */
  readonly #written = new Map<number, { readonly value: string; readonly mishaps: number }>()
  /** The largest that anybody was told, by leader epoch. */
  readonly #highWatermarks = new Map<number, number>()
  /** What a turned bit took from readers. */
  readonly damages: Damage[] = []
  readonly #mishaps: () => number

  /** `mishaps` counts the power cuts and failed calls of the broker's disk. */
  constructor(name: string, mishaps = () => 0) {
    this.name = name
    this.#mishaps = mishaps
  }

  /** Somebody read it below the high watermark, or was told its offset under acks=all. */
  saw(value: string, offset: number): void {
    if (value === NEVER_TAKEN) violated(`${value} was refused and lies at ${offset} of ${this.name}`)
    const before = this.#values.get(offset)
    if (before !== undefined && before !== value) violated(`offset ${offset} of ${this.name} was ${before} and is ${value}`)
    const at = this.#offsets.get(value)
    if (at !== undefined && at !== offset) violated(`${value} lies at ${at} and at ${offset} of ${this.name}`)
    this.#values.set(offset, value)
    this.#offsets.set(value, offset)
    const written = this.#writtenAt(offset)
    if (written !== null && written !== value)
      violated(`${written} was acknowledged with acks=1 at ${offset} of ${this.name}, where ${value} is`)
  }

  /** Acknowledged under acks=1: the operating system has it. `mishaps` is how many there were when its request left. */
  acknowledgeWritten(value: string, offset: number, mishaps: number): void {
    this.#written.set(offset, { value, mishaps })
    if (this.#writtenAt(offset) === null) return
    const seen = this.#values.get(offset)
    if (seen !== undefined && seen !== value) violated(`${value} was acknowledged with acks=1 at ${offset}, where ${seen} is`)
  }

  /** What has to be there as long as processes only are killed or stopped; null: nothing. */
  #writtenAt(offset: number): string | null {
    const written = this.#written.get(offset)
    return written && written.mishaps === this.#mishaps() ? written.value : null
  }

  get mishaps(): number {
    return this.#mishaps()
  }

  acknowledge(value: string, offset: number): void {
    this.saw(value, offset)
    this.acknowledged.set(value, offset)
    this.acknowledgedEnd = Math.max(this.acknowledgedEnd, offset + 1)
  }

  /** The largest that anybody was told. */
  get highWatermark(): number {
    return this.highWatermarkUpTo(Number.POSITIVE_INFINITY)
  }

  /** By the leader of that epoch; -1 where there is one broker. */
  highWatermarkIn(epoch: number): number {
    return this.#highWatermarks.get(epoch) ?? 0
  }

  /** By the leaders of that epoch and of all before it. */
  highWatermarkUpTo(epoch: number): number {
    let highest = 0
    for (const [one, told] of this.#highWatermarks) if (one <= epoch) highest = Math.max(highest, told)
    return highest
  }

  /** An answer of the leader of `epoch` told it; when the request left, somebody had been told `floor`. */
  sawHighWatermark(told: number, floor: number, epoch: number): void {
    if (told < floor) violated(`the high watermark of ${this.name} went back from ${floor} to ${told} in epoch ${epoch}`)
    this.#highWatermarks.set(epoch, Math.max(this.highWatermarkIn(epoch), told))
  }

  /** The damage that took the record at `offset`; undefined where it has to be readable. */
  damageAt(offset: number) {
    return this.damages.find(({ startOffset, endOffset }) => offset >= startOffset && offset < endOffset)
  }

  /** As `damageAt`, of records that nobody has any more. */
  #isLost(offset: number): boolean {
    return this.damages.some(({ startOffset, endOffset, isMended }) => !isMended && offset >= startOffset && offset < endOffset)
  }

  /** `records` are all there are, up to `endOffset`. */
  checkAll(records: readonly Seen[], endOffset: number, startOffset = 0): void {
    let next = startOffset
    for (const { offset, value } of records) {
      while (next < offset && this.#isLost(next)) next++
      if (offset !== next++) violated(`offset ${offset} of ${this.name} where ${next - 1} should be`)
      this.saw(value ?? '', offset)
    }
    const found = new Map(records.map(({ offset, value }) => [offset, value]))
    for (const [value, offset] of this.acknowledged) {
      if (offset >= startOffset && found.get(offset) !== value && !this.#isLost(offset))
        violated(`${value} was acknowledged at ${offset} of ${this.name} and is lost`)
    }
    for (const offset of this.#written.keys()) {
      const value = this.#writtenAt(offset)
      if (value !== null && found.get(offset) !== value && !this.#isLost(offset))
        violated(
          `${value} was acknowledged with acks=1 at ${offset} of ${this.name} and is lost, with no trouble but ends of processes`,
        )
    }
    if (endOffset < this.highWatermark) violated(`${this.name} ends at ${endOffset}, below ${this.highWatermark}`)
  }

  /** What an idempotent producer sent lies there once, in order and without a gap: its values are `prefix` and a number from 0. */
  checkSequence(records: readonly Seen[], prefix: string): void {
    let [next, from] = [0, 0]
    for (const { offset, value } of records) {
      if (!value?.startsWith(prefix)) continue
      const number = Number(value.slice(prefix.length))
      const isExcused =
        number > next &&
        this.damages.some(({ startOffset, isMended }) => !isMended && startOffset >= from && startOffset < offset)
      if (number !== next && !isExcused) violated(`${prefix}${number} of ${this.name} lies where ${prefix}${next} should`)
      next = number + 1
      from = offset
    }
  }
}

interface Write {
  readonly value: number
  readonly startedAt: number
  endedAt: number
  outcome: 'unknown' | 'done' | 'refused'
}

/** A committed offset: what may be read after which writes. Values are unique. */
export class Register {
  readonly name: string
  readonly #writes: Write[] = []
  readonly #starts: readonly number[]

  /** `starts` are the times of all starts of the broker so far. */
  constructor(name: string, starts: readonly number[] = []) {
    this.name = name
    this.#starts = starts
  }

  begin(value: number, now: number): Write {
    const write: Write = { value, startedAt: now, endedAt: Infinity, outcome: 'unknown' }
    this.#writes.push(write)
    return write
  }

  end(write: Write, outcome: 'done' | 'refused', now: number): void {
    write.outcome = outcome
    write.endedAt = Math.min(write.endedAt, now)
  }

  /** `value` (-1: none) was read by a request that left at `startedAt` and was answered `now`. */
  read(value: number, startedAt: number, now: number): void {
    const write = this.#writes.find((other) => other.value === value)
    if (value !== -1 && !write) violated(`${this.name} is ${value}, which nobody wrote`)
    if (write?.outcome === 'refused') violated(`${this.name} is ${value}, which was refused`)
    // One that nobody heard of is over with the life of the broker it was sent to: what was not done by then never is.
    const over = write ? (this.#starts.find((at) => at > write.startedAt) ?? Infinity) : -1
    const since = Math.min(write?.endedAt ?? -1, over)
    const later = this.#writes.find(
      (other) => other.outcome === 'done' && other.endedAt < startedAt && other.startedAt > since && other !== write,
    )
    if (later) violated(`${this.name} is ${value}, although ${later.value} was acknowledged after it`)
    if (write?.outcome === 'unknown') this.end(write, 'done', now)
  }
}

/** Who owned what in which generation of a group. */
export class Generations {
  readonly #owners = new Map<string, string>()
  /** Who had a partition last. */
  readonly #last = new Map<number, string>()

  /** Whether one of them belonged to somebody else before. */
  assigned(generation: number, memberId: string, partitions: readonly number[]): boolean {
    let hasChanged = false
    for (const partition of partitions) {
      hasChanged ||= (this.#last.get(partition) ?? memberId) !== memberId
      this.#last.set(partition, memberId)
      const key = `${generation}/${partition}`
      const owner = this.#owners.get(key)
      if (owner !== undefined && owner !== memberId) {
        violated(`partition ${partition} has two owners in generation ${generation}: ${owner} and ${memberId}`)
      }
      this.#owners.set(key, memberId)
    }
    return hasChanged
  }
}

/** What excuses a broker. */
interface Broken {
  /** Power cuts and failed calls of its disk so far. */
  readonly mishaps: () => number
  /** The times of its starts so far. */
  readonly starts: readonly number[]
}

export class History {
  readonly topic = 'load'
  readonly partitions: readonly PartitionHistory[]
  readonly generations = new Generations()
  readonly #registers = new Map<string, Register>()
  readonly #producers = new Map<number, string>()

  readonly #starts: readonly number[]

  constructor(partitions: number, { mishaps, starts }: Broken) {
    this.partitions = Array.from({ length: partitions }, (_, i) => new PartitionHistory(`load-${i}`, mishaps))
    this.#starts = starts
  }

  gaveProducerId(id: number, client: string): void {
    const before = this.#producers.get(id)
    if (before !== undefined) violated(`producer id ${id} was given to ${before} and to ${client}`)
    this.#producers.set(id, client)
  }

  register(group: string, partition: number): Register {
    const name = `${group}: load-${partition}`
    let found = this.#registers.get(name)
    if (!found) this.#registers.set(name, (found = new Register(name, this.#starts)))
    return found
  }
}
