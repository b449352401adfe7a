// A record that a broker has locked for this member: who gave it, and until when nobody else gets it.

import type { TypeName } from './acknowledgements.ts'
import type { SharePartition } from './share-partition.ts'

/** Who is told what becomes of a record. */
export interface Giver {
  /** Grows when the session is lost, and with it all that it gave. */
  readonly turn: number
  /** The time of a lock, as the broker said it last; null before. */
  readonly lockTimeoutMs: number | null
  acknowledge(held: Held, type: TypeName): void
}

export class Held {
  readonly giver: Giver
  readonly turn: number
  readonly partition: SharePartition
  readonly offset: number
  /** Monotonic: from then on others may have it. */
  lockedUntil: number
  /** A handler has it, which says itself what becomes of it. */
  isHandled = false
  /** Its lock was asked to begin anew: the program keeps it as long as it wants. */
  isRenewed = false

  constructor(giver: Giver, turn: number, partition: SharePartition, offset: number, lockedUntil: number) {
    this.giver = giver
    this.turn = turn
    this.partition = partition
    this.offset = offset
    this.lockedUntil = lockedUntil
  }

  /** Others may have it, or get it soon. */
  isLost(now: number): boolean {
    return this.turn !== this.giver.turn || now >= this.lockedUntil
  }
}
