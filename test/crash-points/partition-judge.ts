// One partition after a power cut: what was acknowledged lies where it lay, nothing lies there twice, and producers go on.

import { errorName } from '../../src/protocol/errors.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import { violated } from '../sim/history.ts'
import { batchOf, EARLIEST, type KafkaClient, LATEST, recordsIn, type SeenRecord } from '../support/kafka-client.ts'
import type { Batch, PartitionLedger, Sent, TopicLedger } from './ledger.ts'

const CONTINUED = 'continued'

/** `isLater`: the producers have gone on since. */
export async function checkPartition(client: KafkaClient, topic: TopicLedger, index: number, isLater: boolean): Promise<void> {
  const name = `${topic.name}-${index}`
  const ledger = topic.partition(index)
  const startOffset = await client.offset(topic.name, EARLIEST, index)
  const endOffset = await client.offset(topic.name, LATEST, index)
  const found = await readAll(client, topic.name, index, startOffset, endOffset)
  if (startOffset < ledger.trimmedTo) violated(`${name} was deleted up to ${ledger.trimmedTo} and starts at ${startOffset}`)
  // Retention deletes whole segments, a client may delete up to what it asked for.
  if (startOffset > ledger.mayBeTrimmedTo) violated(`${name} starts at ${startOffset}, beyond ${ledger.mayBeTrimmedTo}`)
  for (const offset of ledger.promised.keys())
    if (offset >= endOffset) violated(`${offset} of ${name} was promised, but it ends at ${endOffset}`)
  checkKnown(name, ledger, found, isLater)
  if (topic.isCompacted) checkCompacted(name, ledger, found)
  else checkAll(name, ledger, found, startOffset, endOffset)
}

async function readAll(client: KafkaClient, topic: string, index: number, from: number, to: number): Promise<SeenRecord[]> {
  const name = `${topic}-${index}`
  const found: SeenRecord[] = []
  for (let next = from; next < to; ) {
    const { errorCode, records, highWatermark } = await client.fetch(topic, index, next)
    if (errorCode !== 0) violated(`Fetch of ${name} at ${next} says ${errorName(errorCode)}`)
    if (highWatermark !== to) violated(`${name} ends at ${to}, but a fetch says ${highWatermark}`)
    const before = next
    for (const batch of batches(records ?? new Uint8Array(0))) {
      if (!batch.checksumMatches()) violated(`a damaged batch is served at ${batch.baseOffset} of ${name}`)
      next = Math.max(next, batch.nextOffset)
    }
    found.push(...recordsIn(records).filter(({ offset }) => offset >= before))
    if (next === before) violated(`${name} gives nothing at ${next} of ${to}`)
  }
  return found
}

/** Everything found was sent, and once; what was acknowledged with an offset lies nowhere else. */
function checkKnown(name: string, ledger: PartitionLedger, found: readonly SeenRecord[], isLater: boolean): void {
  const known = new Map<string, number | null>()
  for (const { records, baseOffset } of ledger.batches)
    for (const [i, { value }] of records.entries())
      if (value !== null) known.set(value, baseOffset === null ? null : baseOffset + i)
  const seen = new Set<string>()
  for (const { offset, value } of found) {
    if (value === null || (isLater && value.startsWith(CONTINUED))) continue
    const at = known.get(value)
    if (at === undefined) violated(`${offset} of ${name} holds what nobody sent: ${value.slice(0, 60)}`)
    if (at !== null && at !== offset) violated(`${value.slice(0, 60)} was acknowledged at ${at} of ${name} and lies at ${offset}`)
    if (seen.has(value)) violated(`${value.slice(0, 60)} lies twice in ${name}`)
    seen.add(value)
  }
}

function checkAll(name: string, { promised }: PartitionLedger, found: readonly SeenRecord[], start: number, end: number): void {
  if (found.length !== end - start) violated(`${name} goes from ${start} to ${end} and holds ${found.length} records`)
  for (const [i, { offset }] of found.entries())
    if (offset !== start + i) violated(`${offset} of ${name} lies where ${start + i} should`)
  for (const [offset, sent] of promised) if (offset >= start) same(name, offset, sent, found[offset - start])
}

/** Each key has its last value, or a later one that was sent; offsets that are left hold what they held. */
function checkCompacted(name: string, ledger: PartitionLedger, found: readonly SeenRecord[]): void {
  const last = new Map<string | null, { readonly offset: number; readonly value: string | null }>()
  for (const { offset, key, value } of found) {
    const sent = ledger.promised.get(offset)
    if (sent) same(name, offset, sent, { key, value })
    last.set(key, { offset, value })
  }
  const expected = new Map<string | null, { readonly offset: number; readonly value: string | null }>()
  for (const [offset, { key, value }] of ledger.promised)
    if (offset > (expected.get(key)?.offset ?? -1)) expected.set(key, { offset, value })
  for (const [key, { offset, value }] of expected) {
    const now = last.get(key)
    if (now && now.offset > offset) continue // sent later, and perhaps never acknowledged: checkKnown has seen it
    if ((now?.value ?? null) !== value) violated(`${key} of ${name} was ${value} (at ${offset}), and ${now?.value} is found`)
  }
}

function same(name: string, offset: number, { key, value }: Sent, found: Pick<SeenRecord, 'key' | 'value'> | undefined): void {
  if (found?.key === key && found.value === value) return
  violated(
    `${key}=${value?.slice(0, 60)} was promised at ${offset} of ${name}, and ${found?.key}=${found?.value?.slice(0, 60)} is there`,
  )
}

/**
 * Every idempotent producer of a topic sends again the last batch that was acknowledged and those that were not, as a client does whose
 * connection was lost; then one more. Everything lies there once, and in order.
 */
export async function continueProducers(client: KafkaClient, topic: TopicLedger): Promise<void> {
  for (let index = 0; index < Math.max(...topic.partitionCount.possible); index++) {
    const { batches: sent, mayBeTrimmedTo } = topic.partition(index)
    if (mayBeTrimmedTo > 0) continue
    const producers = new Map<number, Batch[]>()
    for (const batch of sent)
      if (batch.sequence) producers.set(batch.sequence.producerId, [...(producers.get(batch.sequence.producerId) ?? []), batch])
    for (const batches of producers.values()) await continueOne(client, topic.name, index, batches)
  }
}

async function continueOne(client: KafkaClient, topic: string, index: number, all: readonly Batch[]): Promise<void> {
  const name = `${topic}-${index}`
  const inOrder = [...all].sort((a, b) => a.sequence!.baseSequence - b.sequence!.baseSequence)
  const acknowledged = inOrder.filter(({ baseOffset }) => baseOffset !== null)
  const unanswered = inOrder.filter(({ baseOffset }) => baseOffset === null)
  let next = 0
  for (const { records, sequence, baseOffset } of [...acknowledged.slice(-1), ...unanswered]) {
    const timestamp = 1_700_000_000_000
    const bytes = batchOf(
      records.map((record) => ({ ...record, timestamp })),
      { ...sequence! },
    )
    const answer = await client.send(topic, index, bytes)
    if (answer.errorCode !== 0)
      violated(`sequence ${sequence!.baseSequence} sent again to ${name} is answered with ${errorName(answer.errorCode)}`)
    if (baseOffset !== null && answer.baseOffset !== baseOffset)
      violated(`sequence ${sequence!.baseSequence} of ${name} was at ${baseOffset} and is said to be at ${answer.baseOffset}`)
    next = sequence!.baseSequence + records.length
  }
  const { producerId, producerEpoch } = inOrder[0]!.sequence!
  const more = [{ value: `${CONTINUED} ${producerId}`, timestamp: 1_700_000_000_000 }]
  const { errorCode } = await client.send(topic, index, batchOf(more, { producerId, producerEpoch, baseSequence: next }))
  if (errorCode !== 0) violated(`sequence ${next} of ${name}, the next one, is answered with ${errorName(errorCode)}`)
  checkOrder(name, inOrder, await client.readAll(topic, { partition: index }))
}

function checkOrder(name: string, inOrder: readonly Batch[], found: readonly SeenRecord[]): void {
  const values = inOrder.flatMap(({ records }) => records.map(({ value }) => value))
  const own = new Set(values)
  const seen = found.flatMap(({ value }) => (own.has(value) ? [value] : []))
  for (const [i, value] of values.entries())
    if (seen[i] !== value)
      violated(`of a producer's records in ${name}, ${seen[i]?.slice(0, 40)} lies where ${value?.slice(0, 40)} should`)
  if (seen.length !== values.length) violated(`${seen.length} records of a producer lie in ${name}, which sent ${values.length}`)
}
