// What two answers must have in common: the decoded message without what differs from run to run, as the corpus of recorded exchanges
// writes it.

import { isDeepStrictEqual } from 'node:util'
import { inRange, parseRange } from '../../src/base/ranges.ts'
import { batches, type RecordBatch } from '../../src/protocol/records/batch.ts'
import type { Field, Shape } from '../../src/protocol/schema.ts'
import type { Masks } from './golden-tape.ts'

const DROPPED = new Set(['throttleTimeMs'])
const TEXTS = new Set(['errorMessage', 'batchIndexErrorMessage', 'message', 'statusDetail'])
/** Ids, addresses, sizes and times; their absence is a fact, their value is not. */
const VOLATILE = new Set(
  (
    'clusterId host port topicId memberId producerId sessionId logAppendTimeMs finalizedFeaturesEpoch brokerEpoch logDir totalBytes ' +
    'usableBytes partitionSize clientHost clientInstanceId subscriptionId replicaDirectoryId lastFetchTimestamp lastCaughtUpTimestamp ' +
    'transactionStartTimeMs lastTimestamp rack coordinatorEpoch documentation newestOffset aquisitionLockTimeoutMs'
  ).split(' '),
)
const TIMES = new Set(['baseTimestamp', 'maxTimestamp', 'timestamp'])
/** The corpus writes older times into its records, and the present into some. */
const PRESENT = 1_710_000_000_000
const ABSENT = new Set<unknown>([null, '', -1, 0, 'AAAAAAAAAAAAAAAAAAAAAA'])

/** The message without fields that its version does not have: ours reads them as their initial values. */
export function inVersion(fields: Shape, version: number, value: object): object {
  const present = Object.entries(value).filter(([name]) => {
    const versions = fields[name]?.versions
    return versions === undefined || inRange(parseRange(versions), version)
  })
  return Object.fromEntries(present.map(([name, item]) => [name, partInVersion(fields[name]!, version, item)]))
}

function partInVersion(field: Field<unknown>, version: number, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => partInVersion(field.item!, version, item))
  if (field.kind !== 'struct' || value === null) return value
  if (field.tag !== undefined && isDeepStrictEqual(value, field.initial)) return '$absent'
  return inVersion(field.fields!, version, value as object)
}

/** `value` is a decoded message or a part of it, which stands under `key`. */
export function factsOf(value: unknown, masks: Masks, key = ''): unknown {
  if (value instanceof Uint8Array) return key === 'records' ? batchesIn(value, masks) : Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map((item) => factsOf(item, masks, `${key}[]`))
  if (typeof value === 'bigint') return Number(value)
  if (value !== null && typeof value === 'object') return ofFields(value, masks)
  return masks.keep?.includes(key) ? value : hidden(value, masks, key)
}

function ofFields(value: object, masks: Masks): unknown {
  const kept = Object.entries(value).filter(([key]) => !DROPPED.has(key) && !masks.drop?.includes(key))
  return Object.fromEntries(kept.map(([key, item]) => [key, factsOf(item, masks, key)]))
}

function hidden(value: unknown, masks: Masks, key: string): unknown {
  if (TEXTS.has(key)) return value ? '<text>' : value
  if (VOLATILE.has(key) || masks.vol?.includes(key)) {
    if (ABSENT.has(value)) return value
    return typeof value === 'number' || /^-?\d+$/.test(String(value)) ? '<num>' : '<id>'
  }
  if ((key === 'leader' || key === 'memberIdOrLeader') && typeof value === 'string') return value === '' ? '' : '<id>'
  if (TIMES.has(key) && typeof value === 'number' && value > PRESENT) return '<now>'
  return value
}

function batchesIn(bytes: Uint8Array, masks: Masks): unknown[] {
  const found: unknown[] = []
  let end = 0
  for (const batch of batches(bytes)) {
    found.push(factsOf(fieldsOf(batch), masks))
    end += batch.sizeInBytes
  }
  if (bytes.length - end >= 12) found.push({ partial: true })
  return found
}

function fieldsOf(batch: RecordBatch): object {
  if (batch.magic !== 2) return { magic: batch.magic }
  const fields = {
    baseOffset: batch.baseOffset,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    magic: batch.magic,
    crcOk: batch.checksumMatches(),
    attributes: batch.attributes,
    lastOffsetDelta: batch.lastOffsetDelta,
    baseTimestamp: batch.baseTimestamp,
    maxTimestamp: batch.maxTimestamp,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    count: batch.recordCount,
  }
  return batch.isCompressed ? fields : { ...fields, records: recordsOf(batch) }
}

/** Offset and time relative to the batch, key, value. */
function recordsOf(batch: RecordBatch): unknown[] {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
  return [...batch.records()].map(({ offset, timestamp, key, value }) => {
    return [offset - batch.baseOffset, timestamp - batch.baseTimestamp, hex(key), hex(value)]
  })
}

/** As the recorded facts: keys of its own notes left out, and numbers above 2^53, which are texts there, as far as numbers go. */
export function comparable(facts: unknown): unknown {
  if (typeof facts === 'string' && /^-?\d{16,19}$/.test(facts)) return Number(facts)
  if (Array.isArray(facts)) return facts.map(comparable)
  if (facts === null || typeof facts !== 'object') return facts
  const pairs = Object.entries(facts).filter(([key]) => !key.startsWith('$'))
  return Object.fromEntries(pairs.map(([key, value]) => [key, comparable(value)]))
}
