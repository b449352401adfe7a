// The records of Kafka's own topics: which message a key and its value are, by the number at the beginning of the key.

import { ByteReader } from '../../../base/bytes.ts'
import { messageJson } from '../../../protocol/json.ts'
import * as consumerGroup from '../../../protocol/messages/records/consumer-group.ts'
import * as groupCoordinator from '../../../protocol/messages/records/group-coordinator.ts'
import * as shareCoordinator from '../../../protocol/messages/records/share-coordinator.ts'
import * as shareGroup from '../../../protocol/messages/records/share-group.ts'
import * as streamsGroup from '../../../protocol/messages/records/streams-group.ts'
import * as transactionCoordinator from '../../../protocol/messages/records/transaction-coordinator.ts'
import { versionsOf } from '../../../protocol/plan.ts'
import { type AnyMessage, codec } from '../../../protocol/schema.ts'

export interface CoordinatorRecord {
  /** The number that stands for its kind. */
  readonly type: number
  readonly key: string
  /** Null where the key is removed. */
  readonly value: {
    readonly version: number
    readonly message: AnyMessage
    readonly value: unknown
    readonly json: string
  } | null
}

/** A kind that this topic does not have. */
export class UnknownRecordType extends Error {
  override readonly name = 'UnknownRecordType'
  readonly type: number

  constructor(type: number) {
    super(`Found an unknown record type ${type}`)
    this.type = type
  }
}

export class CoordinatorTopic {
  readonly #keys: ReadonlyMap<number, AnyMessage>
  readonly #values: ReadonlyMap<number, AnyMessage>

  constructor(...modules: readonly Readonly<Record<string, unknown>>[]) {
    const messages = modules.flatMap((module) => Object.values(module)).filter(isRecord)
    const ending = (word: string) =>
      new Map(messages.filter(({ name }) => name.endsWith(word)).map((message) => [message.apiKey!, message]))
    this.#keys = ending('Key')
    this.#values = ending('Value')
  }

  /** Throws an UnknownRecordType, or an Error with what Kafka's tools say of bytes that cannot be read. */
  read(key: Uint8Array, value: Uint8Array | null): CoordinatorRecord {
    const reader = new ByteReader(key)
    const type = versionAt(reader, 'key')
    const keyMessage = this.#keys.get(type)
    const valueMessage = this.#values.get(type)
    if (!keyMessage || !valueMessage) throw new UnknownRecordType(type)
    const keyJson = messageJson(keyMessage, 0, readBody(keyMessage, 0, reader, type, 'key'))
    if (value === null) return { type, key: keyJson, value: null }
    const from = new ByteReader(value)
    const version = versionAt(from, 'value')
    const read = readBody(valueMessage, version, from, version, 'value')
    return {
      type,
      key: keyJson,
      value: { version, message: valueMessage, value: read, json: messageJson(valueMessage, version, read) },
    }
  }
}

type Part = 'key' | 'value'

function versionAt(reader: ByteReader, part: Part): number {
  if (reader.left < 2) throw new Error(`Could not read version from ${part}'s buffer.`)
  return reader.int16()
}

function readBody(message: AnyMessage, version: number, reader: ByteReader, told: number, part: Part): unknown {
  const because = `Could not read record with version ${told} from ${part}'s buffer due to`
  const { min, max } = versionsOf(message)
  if (version < min || version > max) throw new Error(`${because}: Can't read version ${version} of ${message.name}.`)
  try {
    return codec(message, version).read(reader)
  } catch (thrown) {
    throw new Error(`${because}: ${(thrown as Error).message}.`, { cause: thrown })
  }
}

const isRecord = (exported: unknown): exported is AnyMessage =>
  typeof exported === 'object' && exported !== null && typeof (exported as AnyMessage).apiKey === 'number'

/** `__consumer_offsets`. */
export const groupTopic = new CoordinatorTopic(groupCoordinator, consumerGroup, shareGroup, streamsGroup)
/** `__transaction_state`. */
export const transactionTopic = new CoordinatorTopic(transactionCoordinator)
/** `__share_group_state`. */
export const shareTopic = new CoordinatorTopic(shareCoordinator)
