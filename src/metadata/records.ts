// The records of the metadata log: which kinds there are, at which version this build writes each, and the frame around them.

import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import type { RecordCodec } from '../machine/machine.ts'
import * as schemas from '../protocol/messages/records/metadata.ts'
import { type Codec, codec, type Infer } from '../protocol/schema.ts'

const kinds = {
  RegisterBrokerRecord: schemas.RegisterBrokerRecord,
  UnregisterBrokerRecord: schemas.UnregisterBrokerRecord,
  TopicRecord: schemas.TopicRecord,
  PartitionRecord: schemas.PartitionRecord,
  ConfigRecord: schemas.ConfigRecord,
  PartitionChangeRecord: schemas.PartitionChangeRecord,
  FenceBrokerRecord: schemas.FenceBrokerRecord,
  UnfenceBrokerRecord: schemas.UnfenceBrokerRecord,
  RemoveTopicRecord: schemas.RemoveTopicRecord,
  DelegationTokenRecord: schemas.DelegationTokenRecord,
  UserScramCredentialRecord: schemas.UserScramCredentialRecord,
  FeatureLevelRecord: schemas.FeatureLevelRecord,
  ClientQuotaRecord: schemas.ClientQuotaRecord,
  ProducerIdsRecord: schemas.ProducerIdsRecord,
  BrokerRegistrationChangeRecord: schemas.BrokerRegistrationChangeRecord,
  AccessControlEntryRecord: schemas.AccessControlEntryRecord,
  RemoveAccessControlEntryRecord: schemas.RemoveAccessControlEntryRecord,
  NoOpRecord: schemas.NoOpRecord,
  ZkMigrationStateRecord: schemas.ZkMigrationStateRecord,
  RemoveUserScramCredentialRecord: schemas.RemoveUserScramCredentialRecord,
  BeginTransactionRecord: schemas.BeginTransactionRecord,
  EndTransactionRecord: schemas.EndTransactionRecord,
  AbortTransactionRecord: schemas.AbortTransactionRecord,
  RemoveDelegationTokenRecord: schemas.RemoveDelegationTokenRecord,
  RegisterControllerRecord: schemas.RegisterControllerRecord,
  ClearElrRecord: schemas.ClearElrRecord,
}

export type RecordKind = keyof typeof kinds
/** Records are facts: nobody changes one. */
export type RecordOf<K extends RecordKind> = Frozen<Infer<(typeof kinds)[K]>>
type Frozen<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T
export type EntryOf<K extends RecordKind> = { readonly kind: K; readonly value: RecordOf<K> }
export type MetadataRecord = { readonly [K in RecordKind]: EntryOf<K> }[RecordKind]

/** A record of one kind. */
export function record<K extends RecordKind>(kind: K, value: RecordOf<K>): EntryOf<K> {
  return { kind, value }
}

type PartitionChange = RecordOf<'PartitionChangeRecord'>

const NO_PARTITION_CHANGE: Omit<PartitionChange, 'topicId' | 'partitionId'> = {
  isr: null,
  leader: -2,
  replicas: null,
  removingReplicas: null,
  addingReplicas: null,
  leaderRecoveryState: -1,
  directories: null,
  eligibleLeaderReplicas: null,
  lastKnownElr: null,
}

/** A change of a partition: what is not named stays. */
export function partitionChange(
  topicId: string,
  partitionId: number,
  change: Partial<PartitionChange>,
): EntryOf<'PartitionChangeRecord'> {
  return record('PartitionChangeRecord', { topicId, partitionId, ...NO_PARTITION_CHANGE, ...change })
}

/** A change of a broker's registration: 1 sets, -1 clears, what is not named stays. */
export function brokerChange(
  broker: { readonly id: number; readonly epoch: number },
  change: { readonly fenced?: 1 | -1; readonly inControlledShutdown?: 1 | -1; readonly logDirs?: readonly string[] },
): MetadataRecord {
  const { fenced = 0, inControlledShutdown = 0, logDirs = [] } = change
  return record('BrokerRegistrationChangeRecord', {
    brokerId: broker.id,
    brokerEpoch: broker.epoch,
    fenced,
    inControlledShutdown,
    logDirs,
  })
}

/** At metadata.version 29. Kafka writes a broker's change at the lowest version that can say it. */
function versionOf(entry: MetadataRecord): number {
  switch (entry.kind) {
    case 'PartitionRecord':
    case 'PartitionChangeRecord':
      return 2
    case 'RegisterBrokerRecord':
      return 3
    case 'BrokerRegistrationChangeRecord':
      return entry.value.logDirs.length > 0 ? 2 : entry.value.inControlledShutdown !== 0 ? 1 : 0
    default:
      return 0
  }
}

const FRAME_VERSION = 1
const byApiKey = new Map((Object.keys(kinds) as RecordKind[]).map((kind) => [kinds[kind].apiKey, kind]))

/** The frame around a metadata record: frame version, kind and version as unsigned varints, then the record. Keys are null. */
export const metadataCodec: RecordCodec<MetadataRecord> = {
  encode(entry) {
    const version = versionOf(entry)
    const writer = new ByteWriter()
    writer.uvarint(FRAME_VERSION)
    writer.uvarint(kinds[entry.kind].apiKey!)
    writer.uvarint(version)
    codecOf(entry.kind, version).write(writer, entry.value)
    return { key: null, value: writer.toBytes() }
  },

  /** Null for a kind that Kafka 4.2 does not have. Throws MalformedBytes for a frame or a version it does not have. */
  decode(_key, value) {
    if (value === null) throw new MalformedBytes('a metadata record without a value')
    const reader = new ByteReader(value)
    const frame = reader.uvarint()
    if (frame !== FRAME_VERSION)
      throw new MalformedBytes(`frame version ${frame} of a metadata record; this build reads ${FRAME_VERSION}`)
    const kind = byApiKey.get(reader.uvarint())
    if (kind === undefined) return null
    const version = reader.uvarint()
    return { kind, value: codecOf(kind, version).read(reader) } as MetadataRecord
  },
}

/** The union of kinds cannot be followed through the table; `kind` and the value always belong together. */
function codecOf(kind: RecordKind, version: number): Codec<unknown> {
  return codec(kinds[kind] as Parameters<typeof codec>[0], version) as Codec<unknown>
}
