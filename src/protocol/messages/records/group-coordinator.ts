// Committed offsets and classic groups in __consumer_offsets.
// The key begins with a 16-bit number, apiKey, that tells the kind of record; the value with its version.

import { array, bytes, exact, type Infer, int32, int64, message, nullable, string, tagged, uuid } from '../../schema.ts'

export const GroupMetadataKey = message({ name: 'GroupMetadataKey', apiKey: 2, versions: '0', fields: { group: string() } })
export type GroupMetadataKey = Infer<typeof GroupMetadataKey>

const memberMetadata = {
  memberId: string(),
  groupInstanceId: nullable(string({ versions: '3+', ignorable: true })),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ versions: '1+', initial: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
}

export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  apiKey: 2,
  versions: '0-4',
  flexible: '4+',
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: nullable(string(), { initiallyNull: false }),
    leader: nullable(string(), { initiallyNull: false }),
    currentStateTimestamp: int64({ versions: '2+', initial: -1, ignorable: true }),
    members: array(memberMetadata),
  },
})
export type GroupMetadataValue = Infer<typeof GroupMetadataValue>

export const LegacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  apiKey: 0,
  versions: '0',
  fields: { group: string(), topic: string(), partition: int32() },
})
export type LegacyOffsetCommitKey = Infer<typeof LegacyOffsetCommitKey>

export const LegacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  apiKey: 0,
  versions: '0',
  fields: { offset: exact(int64()), metadata: string(), commitTimestamp: int64() },
})
export type LegacyOffsetCommitValue = Infer<typeof LegacyOffsetCommitValue>

export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  apiKey: 1,
  versions: '0',
  fields: { group: string(), topic: string(), partition: int32() },
})
export type OffsetCommitKey = Infer<typeof OffsetCommitKey>

export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  apiKey: 1,
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: exact(int64()),
    leaderEpoch: int32({ versions: '3+', initial: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ versions: '1', initial: -1, ignorable: true }),
    topicId: tagged(0, uuid({ versions: '4+', ignorable: true })),
  },
})
export type OffsetCommitValue = Infer<typeof OffsetCommitValue>
