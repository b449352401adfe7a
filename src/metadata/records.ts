// The records of the metadata log: which kinds there are, at which version this build writes each, and the frame around them.

import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import type { RecordCodec } from '../machine/machine.ts'
import * as schemas from '../protocol/messages/records/metadata.ts'
import { codec, type Infer } from '../protocol/schema.ts'

type Schemas = typeof schemas

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
export type RecordOf<K extends RecordKind> = Infer<(typeof kinds)[K]>
export type MetadataRecord = { readonly [K in RecordKind]: { readonly kind: K; readonly value: RecordOf<K> } }[RecordKind]
