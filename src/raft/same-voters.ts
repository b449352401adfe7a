// Voters that only configurations name (kraft.version 0) must be the same everywhere: a leader that counts others could commit what a majority does not have.

import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import { readControl } from '../protocol/records/control.ts'
import type { Voter } from './voters.ts'

/** A leader says in its first batch whom it counts. Throws INVALID_CONFIG where it is in `records`, of `epoch`, and counts others than `voters`. */
export function requireSameVoters(records: Uint8Array, epoch: number, voters: readonly Voter[]): void {
  for (const batch of batches(records)) {
    if (!batch.isControl) continue
    const controls = [...batch.records()].map(readControl)
    // From here on the log says it, whichever epoch wrote it, and all who have the log say the same.
    if (controls.some((control) => control?.kind === 'kraftVoters')) return
    if (batch.partitionLeaderEpoch !== epoch) continue
    for (const control of controls) {
      if (control?.kind !== 'leaderChange') continue
      const [theirs, ours] = [idsOf(control.voters.map(({ voterId }) => voterId)), idsOf(voters.map(({ id }) => id))]
      if (theirs !== ours) {
        const what = `node ${control.leaderId}, which leads epoch ${epoch}, counts the voters ${theirs}, and this node the voters ${ours}`
        throw new KafkaError('INVALID_CONFIG', `${what}: controller.quorum.voters has to be the same on all nodes`)
      }
    }
  }
}

const idsOf = (ids: readonly number[]) => ids.toSorted((a, b) => a - b).join(', ')
