// What a partition does while it follows a leader: appends what that gives, cuts what it does not have, and takes its word of what is committed.

import { deferred } from '../base/deferred.ts'
import type { Log } from '../log/log.ts'
import type { Appended } from '../machine/machine.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { PartitionState } from './partition-state.ts'
import type { Tenure } from './tenure.ts'

export class Followership {
  readonly #state: PartitionState
  readonly #tenure: Tenure

  constructor(state: PartitionState, tenure: Tenure) {
    this.#state = state
    this.#tenure = tenure
  }

  append(bytes: Uint8Array, leaderEpoch: number): Appended {
    const { log, options, stillness } = this.#state
    this.#requireFollowing(leaderEpoch)
    stillness.refuse()
    const appended = log.appendAsFollower(bytes, leaderEpoch)
    if (options.flushPolicy === 'fsync') log.requestFlush()
    return appended
  }

  #requireFollowing(leaderEpoch: number): void {
    const { gone, role, localId, name } = this.#state
    if (gone) throw gone
    if (role.leaderId !== localId && role.leaderEpoch === leaderEpoch) return
    throw new KafkaError('FENCED_LEADER_EPOCH', `${name} does not follow in leader epoch ${leaderEpoch} any more`)
  }

  followHighWatermark(offset: number): void {
    const { log, watchers } = this.#state
    const reached = Math.min(offset, log.endOffset)
    if (reached <= log.highWatermark) return
    log.highWatermark = reached
    watchers.tell()
  }

  async cutting(leaderEpoch: number, cut: (log: Log) => Promise<void>): Promise<void> {
    const state = this.#state
    this.#requireFollowing(leaderEpoch)
    state.stillness.refuse()
    const over = deferred<void>()
    state.cut = over
    try {
      await cut(state.log)
    } finally {
      state.cut = null
      this.#tenure.assume()
      over.resolve()
    }
  }
}
