// What an asker is told when work on a log failed.

import { MalformedBytes } from '../base/bytes.ts'
import { DiskError } from '../platform/disk.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { LogState } from './log-state.ts'
import { ClosedFile } from './open-files.ts'

export function closedError(name: string): KafkaError {
  return new KafkaError('KAFKA_STORAGE_ERROR', `${name} is closed`)
}

/** The answer for what was thrown. A failure of the disk takes the directory offline; damaged bytes, and a defect of ours, do not. */
export function refusalOf(state: LogState, thrown: unknown): KafkaError {
  const { name, shared } = state
  if (thrown instanceof KafkaError) return thrown
  if (thrown instanceof MalformedBytes) {
    return new KafkaError('CORRUPT_MESSAGE', `${name} is damaged on disk: ${thrown.message}`, { cause: thrown })
  }
  if (thrown instanceof ClosedFile) {
    return new KafkaError('KAFKA_STORAGE_ERROR', `a segment of ${name} was removed meanwhile; ask again`, { cause: thrown })
  }
  if (thrown instanceof DiskError) {
    return new KafkaError('KAFKA_STORAGE_ERROR', state.fail(thrown).message, { cause: thrown })
  }
  shared.logger.error('a defect stopped work on a log', { log: name, error: thrown })
  return new KafkaError('UNKNOWN_SERVER_ERROR', `a defect stopped work on ${name}; the log of the broker tells more`, {
    cause: thrown,
  })
}
