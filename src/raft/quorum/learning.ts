// What a member makes of what others say about epochs and leaders, in asks and in answers alike.

import type { Address } from '../peers.ts'
import type { Moment, QuorumEffect } from './events.ts'
import { becomeFollower, becomeUnattached } from './roles.ts'
import type { QuorumState } from './state.ts'

export interface Said {
  readonly epoch: number
  readonly leaderId: number | null
  readonly leaderAddress: Address | null
}

/** What has to be done where this is news: a later epoch, or the leader of this one. Null where it is none. */
export function learn(
  state: QuorumState,
  { epoch, leaderId, leaderAddress: address }: Said,
  moment: Moment,
): QuorumEffect[] | null {
  if (epoch < state.epoch) return null
  const isNewEpoch = epoch > state.epoch
  if (leaderId === null) return isNewEpoch ? becomeUnattached(state, epoch, moment) : null
  if (isNewEpoch || state.leaderId === null) {
    if (leaderId === state.settings.self.id) return rolledBack(state, epoch)
    return becomeFollower(state, { epoch, leaderId, address }, moment)
  }
  if (leaderId !== state.leaderId) return twoLeaders(state, leaderId)
  if (address && leaderId !== state.settings.self.id) state.leaderAddress = address
  return null
}

/** An epoch is saved before it is led. Who does not know its own one has an old copy of its files, and may have promised what it forgot. */
function rolledBack({ settings, epoch: known }: QuorumState, epoch: number): QuorumEffect[] {
  const { id } = settings.self
  const why = `others say that node ${id} led epoch ${epoch} of the metadata quorum, and its own files know of ${known}: another node has the same node.id, or this directory is an old copy`
  return [{ kind: 'stop', why }]
}

function twoLeaders({ epoch, leaderId }: QuorumState, other: number): QuorumEffect[] {
  return [{ kind: 'stop', why: `nodes ${leaderId} and ${other} both lead epoch ${epoch} of the metadata quorum` }]
}
