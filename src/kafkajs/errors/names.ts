// What KafkaJS calls Kafka's errors where it differs from Kafka, and which of them it does not know.

import { type ErrorName, errorCode } from '../../protocol/errors.ts'

const older: Partial<Record<ErrorName, string>> = {
  UNKNOWN_SERVER_ERROR: 'UNKNOWN',
  NOT_LEADER_OR_FOLLOWER: 'NOT_LEADER_FOR_PARTITION',
  COORDINATOR_LOAD_IN_PROGRESS: 'GROUP_LOAD_IN_PROGRESS',
  COORDINATOR_NOT_AVAILABLE: 'GROUP_COORDINATOR_NOT_AVAILABLE',
  NOT_COORDINATOR: 'NOT_COORDINATOR_FOR_GROUP',
}

/** Name and number of one of Kafka's errors. Those that came after KafkaJS have Kafka's own. */
export function namedError(name: ErrorName): { readonly type: string; readonly code: number } {
  return { type: older[name] ?? name, code: errorCode(name) }
}
