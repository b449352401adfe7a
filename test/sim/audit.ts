// Reads a whole partition as somebody who has time: around what a turned bit took, and with an eye on every batch.

import { errorName } from '../../src/protocol/errors.ts'
import { batches, type RecordBatch } from '../../src/protocol/records/batch.ts'
import { EARLIEST, type KafkaCalls, recordsIn, type SeenRecord } from '../support/kafka-client.ts'
import { type PartitionHistory, violated } from './history.ts'

export interface Audited {
  readonly records: readonly SeenRecord[]
  readonly startOffset: number
  readonly endOffset: number
}

/** Everything from the start of the log up to the high watermark; `look` sees every batch that is sound. */
export async function readWhole(
  client: KafkaCalls,
  topic: string,
  partition: number,
  history: PartitionHistory,
  look: (batch: RecordBatch) => void = () => {},
): Promise<Audited> {
  let startOffset = await client.offset(topic, EARLIEST, partition)
  const records: SeenRecord[] = []
  for (let next = startOffset; ; ) {
    const answer = await client.fetch(topic, partition, next)
    const error = errorName(answer.errorCode)
    const damage = history.damageAt(next)
    const before = next
    if (error === 'CORRUPT_MESSAGE' && damage) {
      next = damage.endOffset
      continue
    }
    if (error === 'OFFSET_OUT_OF_RANGE') {
      // Retention goes on while somebody reads.
      startOffset = await client.offset(topic, EARLIEST, partition)
      if (startOffset > next) {
        next = startOffset
        continue
      }
    }
    if (error !== 'NONE') violated(`${topic}-${partition} cannot be read at ${next}: ${error}`)
    for (const batch of batches(answer.records ?? new Uint8Array(0))) {
      if (batch.checksumMatches()) {
        look(batch)
        records.push(...recordsIn(batch.slice()).filter(({ offset }) => offset >= before))
      } else if (!history.damageAt(batch.baseOffset)) violated(`${topic}-${partition} is damaged at ${batch.baseOffset}`)
      next = Math.max(next, batch.nextOffset)
    }
    if (next >= answer.highWatermark || next === before) return { records, startOffset, endOffset: answer.highWatermark }
  }
}
