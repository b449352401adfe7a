// How kafka-dump-log shows keys and values: as text or numbers, or as the messages of Kafka's own topics.

import { ByteReader } from '../../../base/bytes.ts'
import { messageJson } from '../../../protocol/json.ts'
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '../../../protocol/messages/records/control.ts'
import type { GroupMetadataValue } from '../../../protocol/messages/records/group-coordinator.ts'
import * as metadata from '../../../protocol/messages/records/metadata.ts'
import { versionsOf } from '../../../protocol/plan.ts'
import type { Record as LogRecord } from '../../../protocol/records/record.ts'
import { type AnyMessage, codec } from '../../../protocol/schema.ts'
import { Failure } from '../failure.ts'
import {
  type CoordinatorRecord,
  type CoordinatorTopic,
  groupTopic,
  shareTopic,
  transactionTopic,
  UnknownRecordType,
} from '../formatters/coordinator-records.ts'
import type { DumpOptions } from './dump-log.ts'

/** Null: nothing is printed of it. */
export interface Decoded {
  readonly key: string | null
  readonly payload: string | null
}

export type Decode = (record: LogRecord) => Decoded

const decoders = [
  'offsets-decoder',
  'transaction-log-decoder',
  'cluster-metadata-decoder',
  'remote-log-metadata-decoder',
  'share-group-state-decoder',
  'value-decoder-class',
  'key-decoder-class',
] as const

export const hasDecoder = (found: DumpOptions) => decoders.some((name) => found.has(name))

/** Null where records are not printed. */
export function decoderOf(found: DumpOptions): Decode | null {
  if (found.has('offsets-decoder')) return ofTopic(groupTopic)
  if (found.has('transaction-log-decoder')) return ofTopic(transactionTopic)
  if (found.has('cluster-metadata-decoder')) return decodeMetadata
  if (found.has('remote-log-metadata-decoder')) {
    throw new Failure('--remote-log-metadata-decoder is not supported: there is no tiered storage (docs/limits.md)')
  }
  if (found.has('share-group-state-decoder')) return ofTopic(shareTopic)
  const value = textDecoder(found.text('value-decoder-class')!)
  const key = textDecoder(found.text('key-decoder-class')!)
  if (!found.has('print-data-log') && !hasDecoder(found)) return null
  return (record) => ({ key: record.key && key(record.key), payload: record.value && value(record.value) })
}

const PACKAGE = 'org.apache.kafka.tools.api.'
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const texts: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  [`${PACKAGE}StringDecoder`]: (bytes) => utf8.decode(bytes),
  [`${PACKAGE}IntegerDecoder`]: (bytes) => sized(bytes, 4, () => String(viewOf(bytes).getInt32(0))),
  [`${PACKAGE}LongDecoder`]: (bytes) => sized(bytes, 8, () => String(viewOf(bytes).getBigInt64(0))),
}

function sized(bytes: Uint8Array, least: number, read: () => string): string {
  if (bytes.length < least) throw new Failure(`a number of ${least} bytes in ${bytes.length}`)
  return read()
}

function textDecoder(name: string): (bytes: Uint8Array) => string {
  const found = Object.hasOwn(texts, name) ? texts[name] : undefined
  if (found) return found
  if (name === `${PACKAGE}DefaultDecoder`) throw new Failure(`${name} is not supported: bytes have no text (docs/limits.md)`)
  throw new Failure(name)
}

function ofTopic(topic: CoordinatorTopic): Decode {
  return ({ key, value, offset }) => {
    if (key === null) {
      throw new Failure(`Failed to decode message at offset ${offset} using the specified decoder (message had a missing key)`)
    }
    try {
      const record = topic.read(key, value)
      const shown = record.value && `{"version":"${record.value.version}","data":${dataOf(record.value)}}`
      return { key: `{"type":"${record.type}","data":${record.key}}`, payload: shown ?? '<DELETE>' }
    } catch (thrown) {
      const why =
        thrown instanceof UnknownRecordType
          ? `Unknown record type ${thrown.type} at offset ${offset}, skipping.`
          : `Error at offset ${offset}, skipping. ${(thrown as Error).message}`
      return { key: why, payload: null }
    }
  }
}

/** Of a classic group of consumers what its members said and were given is shown, too. */
function dataOf({ message, value, json }: NonNullable<CoordinatorRecord['value']>): string {
  if (message.name !== 'GroupMetadataValue') return json
  const { protocolType, members } = value as GroupMetadataValue
  if (protocolType !== 'consumer') return json
  const shown = JSON.parse(json) as { members: { subscription: unknown; assignment: unknown }[] }
  members.forEach(({ subscription, assignment }, at) => {
    const member = shown.members[at]!
    member.subscription = embedded(ConsumerProtocolSubscription, subscription) ?? member.subscription
    member.assignment = embedded(ConsumerProtocolAssignment, assignment) ?? member.assignment
  })
  return JSON.stringify(shown)
}

/** Undefined where the bytes are something else. */
function embedded(message: AnyMessage, bytes: Uint8Array): unknown {
  try {
    const reader = new ByteReader(bytes)
    const version = reader.int16()
    const { min, max } = versionsOf(message)
    if (version < min || version > max) return undefined
    return JSON.parse(messageJson(message, version, codec(message, version).read(reader)))
  } catch {
    return undefined
  }
}

const kinds = new Map(
  Object.values(metadata as Readonly<Record<string, unknown>>)
    .filter((each): each is AnyMessage => typeof (each as AnyMessage | null)?.apiKey === 'number')
    .map((message) => [message.apiKey!, message]),
)

function decodeMetadata({ value, offset }: LogRecord): Decoded {
  try {
    if (value === null) throw new Error('value is null')
    const reader = new ByteReader(value)
    const frame = reader.uvarint()
    if (frame !== 1)
      throw new Error(
        `Could not deserialize metadata record due to unknown frame version ${frame}(only frame version 1 is supported)`,
      )
    const type = reader.uvarint()
    const version = reader.uvarint()
    const message = kinds.get(type)
    if (!message) throw new Error(`Unknown metadata id ${type}`)
    const data = messageJson(message, version, codec(message, version).read(reader))
    return { key: null, payload: `{"type":"${constantCase(message.name)}","version":${version},"data":${data}}` }
  } catch (thrown) {
    return { key: null, payload: `Error at ${offset}, skipping. ${(thrown as Error).message}` }
  }
}

/** NO_OP_RECORD of NoOpRecord. */
const constantCase = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
