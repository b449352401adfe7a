// What compaction leaves of one batch.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { buildBatch, type NewRecord } from '../protocol/records/builder.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { LatestOffsets } from './latest-offsets.ts'
import type { ProducerStates } from './producer-state.ts'

export interface CleaningRules {
  readonly latest: LatestOffsets
  readonly transactions: CleanedTransactions
  readonly producers: ProducerStates
  /** Tombstones and markers without use whose horizon is not set yet get this one. */
  readonly newHorizonMs: number
  readonly now: number
}

/** Of a batch whose checksum was seen to match: its own bytes, new ones with fewer records, or null where nothing is left. Offsets, producer and sequence stay as they were. */
export function retainedOf(batch: RecordBatch, rules: CleaningRules): Uint8Array | null {
  const { transactions, newHorizonMs, now } = rules
  const isObsolete = transactions.isObsolete(batch)
  const { isControl, deleteHorizonMs } = batch
  const isOver = isObsolete && (!isControl || (deleteHorizonMs !== null && deleteHorizonMs <= now))
  const kept: NewRecord[] = []
  let hasTombstone = false
  if (!isOver) {
    for (const { offset, timestamp, key, value, headers } of batch.records()) {
      if (!isControl && !isKept(offset, key, value, deleteHorizonMs, rules)) continue
      if (value === null && !isControl) hasTombstone = true
      kept.push({ key, value, headers, timestamp, offsetDelta: offset - batch.baseOffset })
    }
  }
  if (kept.length === 0 && !mustLeaveTrace(batch, rules)) return null
  const needsHorizon = deleteHorizonMs === null && kept.length > 0 && (hasTombstone || (isControl && isObsolete))
  if (kept.length === batch.recordCount && !needsHorizon) return batch.slice()
  return rebuilt(batch, kept, needsHorizon ? newHorizonMs : deleteHorizonMs)
}

function isKept(
  offset: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  horizon: number | null,
  rules: CleaningRules,
): boolean {
  const { latest, now } = rules
  if (offset >= latest.endOffset) return true
  if (key === null) return false // compaction could never find it a successor
  if (offset < latest.get(key)) return false
  return value !== null || horizon === null || now < horizon
}

// An empty batch keeps the last sequence of a producer that may go on: a replica that is made anew learns it from there.
function mustLeaveTrace(batch: RecordBatch, { producers }: CleaningRules): boolean {
  return batch.hasProducerId && !batch.isControl && producers.lastOffsetOf(batch.producerId) === batch.lastOffset
}

function rebuilt(batch: RecordBatch, records: readonly NewRecord[], deleteHorizonMs: number | null): Uint8Array {
  const { timestampType } = batch
  const isStamped = timestampType === 'LogAppendTime' || records.length === 0
  return buildBatch({
    records,
    baseOffset: batch.baseOffset,
    lastOffsetDelta: batch.lastOffsetDelta,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    compression: records.length === 0 ? 'none' : batch.compression,
    timestampType,
    ...(isStamped ? { maxTimestamp: batch.maxTimestamp } : {}),
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    deleteHorizonMs,
  })
}
