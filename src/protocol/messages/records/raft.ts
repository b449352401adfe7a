// The quorum-state file of a node that may vote.

import { array, type Infer, int32, int64, message, nullable, string, uuid } from '../../schema.ts'

export const QuorumStateData = message({
  name: 'QuorumStateData',
  versions: '0-1',
  flexible: '0+',
  fields: {
    clusterId: string({ versions: '0' }),
    leaderId: int32({ initial: -1 }),
    leaderEpoch: int32({ initial: -1 }),
    votedId: int32({ initial: -1 }),
    votedDirectoryId: uuid({ versions: '1+' }),
    appliedOffset: int64({ versions: '0' }),
    currentVoters: nullable(array({ voterId: int32() }, { versions: '0' }), { initiallyNull: false }),
  },
})
export type QuorumStateData = Infer<typeof QuorumStateData>
