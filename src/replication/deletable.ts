// Up to where records of a partition may be deleted by request.

import { KafkaError } from '../protocol/errors.ts'
import type { Partition } from './partition.ts'

/** @param offset -1: all that is committed. Throws POLICY_VIOLATION and OFFSET_OUT_OF_RANGE. */
export function deletableUpTo({ log, name, highWatermark }: Partition, offset: number): number {
  const cleanup = log.config['cleanup.policy']
  if (!cleanup.includes('delete'))
    throw new KafkaError(
      'POLICY_VIOLATION',
      `${name} has cleanup.policy=${cleanup.join(',')}; only topics with delete can lose records by request`,
    )
  const target = offset === -1 ? highWatermark : offset
  if (target >= 0 && target <= highWatermark) return target
  throw new KafkaError('OFFSET_OUT_OF_RANGE', `${name} is committed up to ${highWatermark}; asked for ${offset}`)
}
