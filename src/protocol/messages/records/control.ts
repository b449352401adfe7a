// Control records, the forwarded principal, and what consumers tell each other in a classic group.

import {
  array,
  bool,
  bytes,
  type Infer,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  struct,
  uint16,
  uuid,
} from '../../schema.ts'

export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  fields: { assignedPartitions: array({ topic: string(), partitions: array(int32()) }), userData: nullable(bytes()) },
})
export type ConsumerProtocolAssignment = Infer<typeof ConsumerProtocolAssignment>

export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  fields: {
    topics: array(string()),
    userData: nullable(bytes()),
    ownedPartitions: array({ topic: string(), partitions: array(int32()) }, { versions: '1+', ignorable: true }),
    generationId: int32({ versions: '2+', initial: -1, ignorable: true }),
    rackId: nullable(string({ versions: '3+', ignorable: true })),
  },
})
export type ConsumerProtocolSubscription = Infer<typeof ConsumerProtocolSubscription>

export const DefaultPrincipalData = message({
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: '0+',
  fields: { type: string(), name: string(), tokenAuthenticated: bool() },
})
export type DefaultPrincipalData = Infer<typeof DefaultPrincipalData>

export const EndTxnMarker = message({ name: 'EndTxnMarker', versions: '0', fields: { coordinatorEpoch: int32() } })
export type EndTxnMarker = Infer<typeof EndTxnMarker>

export const KRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16(), kRaftVersion: int16() },
})
export type KRaftVersionRecord = Infer<typeof KRaftVersionRecord>

const voter = { voterId: int32(), voterDirectoryId: uuid({ versions: '1+' }) }

export const LeaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  fields: { version: int16(), leaderId: int32(), voters: array(voter), grantingVoters: array(voter) },
})
export type LeaderChangeMessage = Infer<typeof LeaderChangeMessage>

export const SnapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16() },
})
export type SnapshotFooterRecord = Infer<typeof SnapshotFooterRecord>

export const SnapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16(), lastContainedLogTimestamp: int64() },
})
export type SnapshotHeaderRecord = Infer<typeof SnapshotHeaderRecord>

export const VotersRecord = message({
  name: 'VotersRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: int16(),
    voters: array({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array({ name: string(), host: string(), port: uint16() }),
      kRaftVersionFeature: struct({ minSupportedVersion: int16(), maxSupportedVersion: int16() }),
    }),
  },
})
export type VotersRecord = Infer<typeof VotersRecord>
