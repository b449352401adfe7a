// The control batch that ends a transaction in one log (KIP-98): one record that says commit or abort.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { controlRecord, readControl } from '../protocol/records/control.ts'
import type { Producer } from './record-batches.ts'

/** The marker's batch, with the producer's identity in its header. */
export function buildMarker(producer: Producer, coordinatorEpoch: number, committed: boolean, timestamp: number): Uint8Array {
  return buildBatch({
    records: [{ ...controlRecord({ kind: committed ? 'commit' : 'abort', coordinatorEpoch }), timestamp }],
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    isTransactional: true,
    isControl: true,
  })
}

/** Whether a control batch commits or aborts its producer's transaction; null for a control batch of another kind. */
export function markerOf(batch: RecordBatch): boolean | null {
  for (const record of batch.records()) {
    const control = readControl(record)
    if (control?.kind === 'commit') return true
    if (control?.kind === 'abort') return false
  }
  return null
}
