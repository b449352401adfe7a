// Groups and offsets as the records of __consumer_offsets, in Kafka's formats. A key begins with the number of its kind, a value with its
// version. The kinds of other group protocols share the topic; they are left as they are.

import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import type { RecordCodec } from '../../machine/machine.ts'
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../../protocol/messages/records/group-coordinator.ts'
import { codec, type Input, type Message } from '../../protocol/schema.ts'
import type { GroupRecord, StoredGroup, StoredOffset } from './stored.ts'

/** Kinds of keys. The first Kafka versions had a kind of their own for offsets, with the same fields. */
const LEGACY_OFFSET = 0
const OFFSET = 1
const GROUP = 2

// What Apache Kafka 4.2 writes. A point of expiry exists in version 1 alone.
const OFFSET_VERSION = 4
const OFFSET_VERSION_WITH_EXPIRY = 1
const GROUP_VERSION = 3

const NEWEST_OFFSET_VERSION = 4
const NEWEST_GROUP_VERSION = 4

export const groupRecords: RecordCodec<GroupRecord> = {
  encode(record) {
    switch (record.kind) {
      case 'offsetCommit':
      case 'offsetDelete': {
        const { groupId: group, topic, partition } = record
        const key = prefixed(OFFSET, OffsetCommitKey, 0, { group, topic, partition })
        return { key, value: record.kind === 'offsetCommit' ? encodeOffset(record.value) : null }
      }
      case 'groupMetadata':
      case 'groupDelete': {
        const key = prefixed(GROUP, GroupMetadataKey, 0, { group: record.groupId })
        return { key, value: record.kind === 'groupMetadata' ? encodeGroup(record.value) : null }
      }
    }
  },

  /** Throws MalformedBytes for a record of our kinds that is damaged. */
  decode(key, value) {
    if (!key) return null
    const reader = new ByteReader(key)
    switch (reader.int16()) {
      case LEGACY_OFFSET:
      case OFFSET:
        return offsetRecord(codec(OffsetCommitKey, 0).read(reader), value)
      case GROUP:
        return groupRecord(codec(GroupMetadataKey, 0).read(reader).group, value)
      default:
        return null
    }
  },
}

function prefixed<T>(prefix: number, message: Message<T>, version: number, value: Input<T>): Uint8Array {
  const writer = new ByteWriter()
  writer.int16(prefix)
  codec(message, version).write(writer, value)
  return writer.toBytes()
}

function encodeOffset(value: StoredOffset): Uint8Array {
  const version = value.expireTimestamp >= 0 ? OFFSET_VERSION_WITH_EXPIRY : OFFSET_VERSION
  return prefixed(version, OffsetCommitValue, version, value)
}

function encodeGroup(value: StoredGroup): Uint8Array {
  return prefixed(GROUP_VERSION, GroupMetadataValue, GROUP_VERSION, value)
}

type Decode<T> = (reader: ByteReader, version: number) => T | null

interface OffsetKey {
  readonly group: string
  readonly topic: string
  readonly partition: number
}

function offsetRecord({ group: groupId, topic, partition }: OffsetKey, bytes: Uint8Array | null): GroupRecord | null {
  if (!bytes) return { kind: 'offsetDelete', groupId, topic, partition }
  const value = versioned(bytes, decodeOffset)
  return value && { kind: 'offsetCommit', groupId, topic, partition, value }
}

function groupRecord(groupId: string, bytes: Uint8Array | null): GroupRecord | null {
  if (!bytes) return { kind: 'groupDelete', groupId }
  const value = versioned(bytes, decodeGroup)
  return value && { kind: 'groupMetadata', groupId, value }
}

function versioned<T>(bytes: Uint8Array, decode: Decode<T>): T | null {
  const reader = new ByteReader(bytes)
  return decode(reader, reader.int16())
}

function decodeOffset(reader: ByteReader, version: number): StoredOffset | null {
  if (version < 0 || version > NEWEST_OFFSET_VERSION) return null
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = codec(OffsetCommitValue, version).read(
    reader,
  )
  return { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId }
}

/** Bytes are copied: they are views of a batch that would stay in memory as a whole. */
function decodeGroup(reader: ByteReader, version: number): StoredGroup | null {
  if (version < 0 || version > NEWEST_GROUP_VERSION) return null
  const value = codec(GroupMetadataValue, version).read(reader)
  const { protocolType, generation, protocol, leader, currentStateTimestamp } = value
  const members = value.members.map(({ subscription, assignment, ...rest }) => ({
    ...rest,
    subscription: new Uint8Array(subscription),
    assignment: new Uint8Array(assignment),
  }))
  return { protocolType, generation, protocol, leader, currentStateTimestamp, members }
}
