// Metadata records as batches, for snapshots and for `bootstrap.checkpoint`.

import { batchesOf } from '../machine/record-batches.ts'
import { type MetadataRecord, metadataCodec } from './records.ts'

/** What Kafka allows a batch of the metadata log. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024

const RECORDS_PER_BATCH = 512

/** Batches of a bounded number of records, made when they are asked for; their offsets are for whoever writes them. */
export function* metadataBatches(records: Iterable<MetadataRecord>, timestamp: number): Generator<Uint8Array> {
  let some: MetadataRecord[] = []
  for (const record of records) {
    some.push(record)
    if (some.length < RECORDS_PER_BATCH) continue
    yield* encoded(some, timestamp)
    some = []
  }
  if (some.length > 0) yield* encoded(some, timestamp)
}

function* encoded(records: readonly MetadataRecord[], timestamp: number): Generator<Uint8Array> {
  for (const { bytes } of batchesOf(records, metadataCodec, { maxBatchBytes: MAX_BATCH_BYTES, timestamp, atomic: false }))
    yield bytes
}
