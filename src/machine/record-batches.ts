// A decision's records as batches of bounded size.

import type { Compression } from '../protocol/compression/index.ts'
import { KafkaError } from '../protocol/errors.ts'
import { HEADER_SIZE } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import type { RecordCodec } from './machine.ts'

/** Who writes transactionally: the records count only once the transaction is committed. */
export interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface BatchOptions {
  readonly maxBatchBytes: number
  readonly timestamp: number
  /** All records in one batch. */
  readonly atomic: boolean
  readonly compression?: Compression
  readonly producer?: Producer
}

export interface EncodedBatch<R> {
  readonly bytes: Uint8Array
  readonly records: readonly R[]
}

interface Encoded<R> {
  readonly record: R
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly sizeInBytes: number
}

// Length, attributes, both deltas, two lengths and the header count of a record, each at its widest.
const RECORD_OVERHEAD = 5 + 1 + 10 + 5 + 5 + 5 + 1

/** Throws RECORD_LIST_TOO_LARGE where one batch, or one record alone, would pass `maxBatchBytes` (uncompressed). */
export function batchesOf<R>(records: readonly R[], codec: RecordCodec<R>, options: BatchOptions): EncodedBatch<R>[] {
  const encoded = records.map((record): Encoded<R> => {
    const { key, value } = codec.encode(record)
    return { record, key, value, sizeInBytes: RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0) }
  })
  return split(encoded, options).map((group) => ({ bytes: build(group, options), records: group.map(({ record }) => record) }))
}

function split<R>(encoded: readonly Encoded<R>[], { maxBatchBytes, atomic }: BatchOptions): Encoded<R>[][] {
  const groups: Encoded<R>[][] = []
  let size = 0
  for (const one of encoded) {
    const current = groups.at(-1)
    if (current && (atomic || size + one.sizeInBytes <= maxBatchBytes)) {
      current.push(one)
      size += one.sizeInBytes
    } else {
      groups.push([one])
      size = HEADER_SIZE + one.sizeInBytes
    }
    if (size > maxBatchBytes) throw tooLarge(size, maxBatchBytes, encoded.length)
  }
  return groups
}

function tooLarge(size: number, max: number, count: number): KafkaError {
  return new KafkaError('RECORD_LIST_TOO_LARGE', `${count} records need a batch of more than ${size} bytes; the limit is ${max}`)
}

function build<R>(group: readonly Encoded<R>[], { timestamp, compression, producer }: BatchOptions): Uint8Array {
  return buildBatch({
    records: group.map(({ key, value }) => ({ key, value, timestamp })),
    ...(compression ? { compression } : {}),
    ...(producer ? { producerId: producer.producerId, producerEpoch: producer.producerEpoch, isTransactional: true } : {}),
  })
}
