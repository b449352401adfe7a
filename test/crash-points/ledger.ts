// What clients asked for and what they were told, and what therefore has to be there after a power cut.

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** One batch of an idempotent producer. */
export interface Sequence extends Identity {
  readonly baseSequence: number
}

export interface Sent {
  readonly key: string | null
  /** Unique in a recording, except that null deletes the key. */
  readonly value: string | null
}

export type Act =
  | { readonly kind: 'make topic'; readonly topic: string; readonly partitions: number; readonly configs: Record<string, string> }
  | { readonly kind: 'delete topic'; readonly topic: string }
  | { readonly kind: 'add partitions'; readonly topic: string; readonly count: number }
  | { readonly kind: 'set config'; readonly topic: string; readonly key: string; readonly value: string }
  | {
      readonly kind: 'produce'
      readonly topic: string
      readonly partition: number
      readonly records: readonly Sent[]
      readonly sequence: Sequence | null
    }
  /** `byRetention`: nobody asks for it, but from now on the broker may do it. */
  | {
      readonly kind: 'trim'
      readonly topic: string
      readonly partition: number
      readonly offset: number
      readonly byRetention: boolean
    }
  | {
      readonly kind: 'commit'
      readonly group: string
      readonly topic: string
      readonly partition: number
      readonly offset: number
    }
  | { readonly kind: 'producer id' }

/** A record that somebody was given. */
export interface Seen extends Sent {
  readonly offset: number
}

/** An act is asked for, and later done, or refused, or never answered. `told` is what the answer said: an offset or an id. */
export type ClientEvent =
  | { readonly kind: 'asked'; readonly id: number; readonly act: Act }
  | { readonly kind: 'done'; readonly id: number; readonly told: number | string | null }
  | { readonly kind: 'refused'; readonly id: number; readonly error: string }
  | { readonly kind: 'saw'; readonly topic: string; readonly partition: number; readonly records: readonly Seen[] }

export interface Batch {
  readonly records: readonly Sent[]
  readonly sequence: Sequence | null
  /** Null until it was acknowledged. */
  baseOffset: number | null
}

/** A value that is set again and again: what may be found is the last that was acknowledged, or any that was asked for since. */
export class Setting<T> {
  readonly #initial: T
  readonly #asked: { readonly id: number; readonly value: T }[] = []
  #lastDone = -1

  constructor(initial: T) {
    this.#initial = initial
  }

  ask(id: number, value: T): void {
    this.#asked.push({ id, value })
  }

  done(id: number): void {
    this.#lastDone = Math.max(
      this.#lastDone,
      this.#asked.findIndex((each) => each.id === id),
    )
  }

  get possible(): T[] {
    const since = this.#asked.slice(Math.max(0, this.#lastDone)).map(({ value }) => value)
    return this.#lastDone < 0 ? [this.#initial, ...since] : since
  }
}

export class PartitionLedger {
  readonly batches: Batch[] = []
  /** By offset: what a reader was given stays, too. */
  readonly seen = new Map<number, Sent>()
  /** Everything below was deleted for sure. */
  trimmedTo = 0
  /** Nothing at or above may be missing. */
  mayBeTrimmedTo = 0

  /** Records that were acknowledged, or that somebody saw, by offset. */
  get promised(): Map<number, Sent> {
    const found = new Map<number, Sent>(this.seen)
    for (const { baseOffset, records } of this.batches)
      if (baseOffset !== null) for (const [i, record] of records.entries()) found.set(baseOffset + i, record)
    return found
  }
}

export class TopicLedger {
  readonly name: string
  id: string | null = null
  state: 'maybe made' | 'made' | 'maybe deleted' | 'deleted' = 'maybe made'
  readonly partitionCount: Setting<number>
  readonly configs = new Map<string, Setting<string | null>>()
  readonly #partitions = new Map<number, PartitionLedger>()

  constructor(name: string, partitions: number, configs: Readonly<Record<string, string>>) {
    this.name = name
    this.partitionCount = new Setting(partitions)
    for (const [key, value] of Object.entries(configs)) this.configs.set(key, new Setting<string | null>(value))
  }

  get isCompacted(): boolean {
    return this.configs.get('cleanup.policy')?.possible.includes('compact') ?? false
  }

  partition(index: number): PartitionLedger {
    let found = this.#partitions.get(index)
    if (!found) this.#partitions.set(index, (found = new PartitionLedger()))
    return found
  }

  config(key: string): Setting<string | null> {
    let found = this.configs.get(key)
    if (!found) this.configs.set(key, (found = new Setting<string | null>(null)))
    return found
  }
}

export class Ledger {
  /** The last topic of each name. */
  readonly topics = new Map<string, TopicLedger>()
  /** By group, then by topic and partition; -1: none. */
  readonly commits = new Map<string, Map<string, Setting<number>>>()
  readonly producerIds = new Set<number>()
  readonly #asked = new Map<number, Act>()
  readonly #batches = new Map<number, Batch>()

  apply(event: ClientEvent): void {
    if (event.kind === 'asked') {
      this.#asked.set(event.id, event.act)
      this.#ask(event.id, event.act)
    } else if (event.kind === 'done') this.#done(event.id, this.#asked.get(event.id)!, event.told)
    else if (event.kind === 'saw') {
      const { seen } = this.topic(event.topic).partition(event.partition)
      for (const { offset, key, value } of event.records) seen.set(offset, { key, value })
    }
    // What was refused may have been done all the same where the refusal came late (a timeout): it stays possible.
  }

  topic(name: string): TopicLedger {
    const found = this.topics.get(name)
    if (!found) throw new Error(`nobody made ${name}`)
    return found
  }

  commit(group: string, topic: string, partition: number): Setting<number> {
    let of = this.commits.get(group)
    if (!of) this.commits.set(group, (of = new Map()))
    const key = `${topic}-${partition}`
    let found = of.get(key)
    if (!found) of.set(key, (found = new Setting(-1)))
    return found
  }

  #ask(id: number, act: Act): void {
    switch (act.kind) {
      case 'make topic':
        this.topics.set(act.topic, new TopicLedger(act.topic, act.partitions, act.configs))
        return
      case 'delete topic':
        this.topic(act.topic).state = 'maybe deleted'
        return
      case 'add partitions':
        return this.topic(act.topic).partitionCount.ask(id, act.count)
      case 'set config':
        return this.topic(act.topic).config(act.key).ask(id, act.value)
      case 'produce': {
        const batch = { records: act.records, sequence: act.sequence, baseOffset: null }
        this.#batches.set(id, batch)
        this.topic(act.topic).partition(act.partition).batches.push(batch)
        return
      }
      case 'trim': {
        const partition = this.topic(act.topic).partition(act.partition)
        partition.mayBeTrimmedTo = Math.max(partition.mayBeTrimmedTo, act.offset)
        return
      }
      case 'commit':
        return this.commit(act.group, act.topic, act.partition).ask(id, act.offset)
      case 'producer id':
    }
  }

  #done(id: number, act: Act, told: number | string | null): void {
    switch (act.kind) {
      case 'make topic': {
        const topic = this.topic(act.topic)
        topic.state = 'made'
        topic.id = String(told)
        return
      }
      case 'delete topic':
        this.topic(act.topic).state = 'deleted'
        return
      case 'add partitions':
        return this.topic(act.topic).partitionCount.done(id)
      case 'set config':
        return this.topic(act.topic).config(act.key).done(id)
      case 'produce':
        this.#batches.get(id)!.baseOffset = Number(told)
        return
      case 'trim': {
        const partition = this.topic(act.topic).partition(act.partition)
        if (!act.byRetention) partition.trimmedTo = Math.max(partition.trimmedTo, act.offset)
        return
      }
      case 'commit':
        return this.commit(act.group, act.topic, act.partition).done(id)
      case 'producer id':
        this.producerIds.add(Number(told))
    }
  }
}
