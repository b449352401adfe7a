// What is said of records: put together until a broker is asked, and written as the ranges that the wire has.

import type { ClientError } from '../errors/index.ts'
import type { SharePartition } from './share-partition.ts'

/** What becomes of a record: it is done; others may have it; nobody shall have it again; its lock begins anew (KIP-1222). */
export type AcknowledgeType = 'accept' | 'release' | 'reject' | 'renew'

/** On the wire. A gap is an offset that was given without a record; what is unread goes back before the program was given it. */
export const TYPES = { gap: 0, accept: 1, release: 2, unread: 2, reject: 3, renew: 4 } as const
export type TypeName = keyof typeof TYPES

/** Whether the program has had the record: of the others it hears nothing. */
export function isOfProgram({ type }: { readonly type: TypeName }): boolean {
  return type !== 'gap' && type !== 'unread'
}

/** One offset, and what is said of it. */
export interface Acknowledgement {
  readonly partition: SharePartition
  readonly offset: number
  readonly type: TypeName
  /** Of the session that gave it: no other one can be told. */
  readonly turn: number
  /** Monotonic; later once its lock was renewed. */
  readonly lockedUntil: number
  /** Told, with null or what the broker says, once. */
  onSettled: ((error: ClientError | null) => void) | null
}

export interface AcknowledgementBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  /** One for all, or one for each offset. */
  readonly acknowledgeTypes: readonly number[]
}

/** Ranges of offsets without a hole, in their order. */
export function batchesOf(acknowledgements: Iterable<Pick<Acknowledgement, 'offset' | 'type'>>): AcknowledgementBatch[] {
  const sorted = [...acknowledgements].sort((a, b) => a.offset - b.offset)
  const batches: AcknowledgementBatch[] = []
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1
    while (to < sorted.length && sorted[to]!.offset === sorted[to - 1]!.offset + 1) to++
    const types = sorted.slice(from, to).map(({ type }) => TYPES[type])
    const isUniform = types.every((type) => type === types[0])
    batches.push({
      firstOffset: sorted[from]!.offset,
      lastOffset: sorted[to - 1]!.offset,
      acknowledgeTypes: isUniform ? types.slice(0, 1) : types,
    })
    from = to
  }
  return batches
}

/** Those that a broker was not told yet: one for each offset of a partition; what is said later counts. */
export class AcknowledgementQueue {
  readonly #partitions = new Map<SharePartition, Map<number, Acknowledgement>>()
  #renewals = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  get hasRenewals(): boolean {
    return this.#renewals > 0
  }

  add(acknowledgement: Acknowledgement): void {
    const { partition, offset } = acknowledgement
    let own = this.#partitions.get(partition)
    if (!own) this.#partitions.set(partition, (own = new Map()))
    const before = own.get(offset)
    if (before) {
      this.#count(before, -1)
      acknowledgement.onSettled = both(before.onSettled, acknowledgement.onSettled)
    }
    own.set(offset, acknowledgement)
    this.#count(acknowledgement, 1)
  }

  /** It has to be told once more; where something else was said since, that counts. */
  putBack(acknowledgement: Acknowledgement): void {
    const newer = this.#partitions.get(acknowledgement.partition)?.get(acknowledgement.offset)
    if (newer) newer.onSettled = both(acknowledgement.onSettled, newer.onSettled)
    else this.add(acknowledgement)
  }

  /** All of the partitions that `of` names, which are not here any more; renewals only where `withRenewals` says so. */
  take({ of = () => true, withRenewals = true }: TakeOptions = {}): Acknowledgement[] {
    const taken: Acknowledgement[] = []
    for (const [partition, own] of this.#partitions) {
      if (!of(partition)) continue
      for (const [offset, each] of own) {
        if (each.type === 'renew' && !withRenewals) continue
        own.delete(offset)
        this.#count(each, -1)
        taken.push(each)
      }
      if (own.size === 0) this.#partitions.delete(partition)
    }
    return taken
  }

  *[Symbol.iterator](): Generator<Acknowledgement, void, undefined> {
    for (const own of this.#partitions.values()) yield* own.values()
  }

  #count({ type }: { readonly type: TypeName }, by: number): void {
    this.#size += by
    if (type === 'renew') this.#renewals += by
  }
}

interface TakeOptions {
  readonly of?: (partition: SharePartition) => boolean
  readonly withRenewals?: boolean
}

type Settled = Acknowledgement['onSettled']

/** Both are told. */
export function both(first: Settled, second: Settled): Settled {
  if (!first || !second) return first ?? second
  return (error) => {
    first(error)
    second(error)
  }
}
