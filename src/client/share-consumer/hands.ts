// What the program has in its hands: records that it was given, and of which nothing was said yet.

import { nameOf, type TopicPartition } from '../consumer/place.ts'
import { OptionError, StateError } from '../errors/index.ts'
import type { AcknowledgeType } from './acknowledgements.ts'
import type { Held } from './held.ts'

const TYPES: readonly AcknowledgeType[] = ['accept', 'release', 'reject', 'renew']

/** Names a record: the record itself does, and so does the error of one that could not be deserialized. */
export interface RecordPlace extends TopicPartition {
  readonly offset: number
}

export class Hands {
  readonly #held = new Map<string, Map<number, Held>>()
  /** Of loops that were left: nobody knows whether by an error. */
  readonly #left = new Set<Held>()

  /** The program has it from now on. One that it had before was lost, and came again. */
  give(held: Held): void {
    const { name } = held.partition
    let own = this.#held.get(name)
    if (!own) this.#held.set(name, (own = new Map()))
    own.set(held.offset, held)
  }

  has(held: Held): boolean {
    return this.#held.get(held.partition.name)?.get(held.offset) === held
  }

  /** Throws a StateError for a record that the program does not have, or of which it has said something else already. */
  find(place: RecordPlace): Held {
    const found = this.#held.get(nameOf(place))?.get(place.offset)
    if (found) return found
    const message = `the record ${nameOf(place)} at offset ${place.offset} cannot be acknowledged: this consumer does not have it, or has said already what becomes of it`
    throw new StateError('INVALID_STATE', message)
  }

  /** Says what becomes of it; nothing where that was said already. A renewed one stays. */
  settle(held: Held, type: AcknowledgeType): void {
    if (!TYPES.includes(type)) throw new OptionError('type', `type=${type} is not valid; allowed: ${TYPES.join(', ')}`)
    if (!this.has(held)) return
    if (type === 'renew') held.isRenewed = true
    else this.#forget(held)
    held.giver.acknowledge(held, type)
  }

  /** All that loops and polls have, and nothing of what handlers are at. */
  acceptAll(): void {
    for (const own of [...this.#held.values()]) {
      for (const held of [...own.values()]) if (!held.isHandled) this.settle(held, 'accept')
    }
  }

  /** The loop that had it was left. */
  leave(held: Held): void {
    if (this.has(held)) this.#left.add(held)
  }

  /** Gives back what loops had that were left. */
  releaseLeft(): void {
    for (const held of [...this.#left]) this.settle(held, 'release')
    this.#left.clear()
  }

  /** All of it went back. */
  clear(): void {
    this.#held.clear()
    this.#left.clear()
  }

  #forget(held: Held): void {
    const { name } = held.partition
    const own = this.#held.get(name)
    own?.delete(held.offset)
    if (own?.size === 0) this.#held.delete(name)
    this.#left.delete(held)
  }
}
