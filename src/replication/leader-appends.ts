// What a leader appends to its partition: batches of producers, and those that a coordinator of ours built.

import type { Appended } from '../machine/machine.ts'
import { KafkaError } from '../protocol/errors.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import type { LeaderAppended, RequiredAcks } from './acks.ts'
import type { PartitionState } from './partition-state.ts'

/** Appends a validated batch as leader, in this turn of the event loop. A duplicate of a known sequence gives its old offsets. */
export function appendAsLeader(state: PartitionState, batch: RecordBatch, acks: RequiredAcks): LeaderAppended {
  state.requireLeader(-1)
  state.stillness.refuse()
  if (acks === 'all') requireEnoughInSync(state)
  const known = state.log.producers.check(batch)
  if (known !== 'new') return { ...known.duplicateOf, isDuplicate: true }
  const { baseOffset, lastOffset, appendTime } = write(state, batch)
  return { baseOffset, lastOffset, appendTime, isDuplicate: false }
}

/** Appends what a coordinator of ours built. */
export function appendOwn(state: PartitionState, bytes: Uint8Array): Appended {
  state.requireLeader(-1)
  state.stillness.refuse()
  requireEnoughInSync(state)
  return write(state, new RecordBatch(bytes))
}

function write({ log, role, options, appendWatchers }: PartitionState, batch: RecordBatch): Appended {
  const appended = log.append(batch, role.leaderEpoch)
  if (options.flushPolicy === 'fsync') log.requestFlush()
  appendWatchers.tellSoon()
  return appended
}

function requireEnoughInSync({ name, isr, minInSync }: PartitionState): void {
  if (isr.length >= minInSync) return
  throw new KafkaError('NOT_ENOUGH_REPLICAS', `${name} has ${isr.length} in-sync replicas; min.insync.replicas is ${minInSync}`)
}
