// Batches and records of a segment, or of a snapshot of the metadata, line by line.

import { ByteReader } from '../../../base/bytes.ts'
import { messageJson } from '../../../protocol/json.ts'
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../../../protocol/messages/records/control.ts'
import { versionsOf } from '../../../protocol/plan.ts'
import type { RecordBatch } from '../../../protocol/records/batch.ts'
import { type ControlKind, controlKind, readMarker } from '../../../protocol/records/control.ts'
import type { Record } from '../../../protocol/records/record.ts'
import { type AnyMessage, codec } from '../../../protocol/schema.ts'
import { Failure } from '../failure.ts'
import type { Decode } from './dump-decoders.ts'
import type { Dumping } from './dump-log.ts'
import type { SegmentBytes } from './segment-bytes.ts'

const MAX_INT = 2 ** 31 - 1

export interface DumpSettings {
  /** Records are told, too. */
  readonly isDeep: boolean
  /** Null: what lies in them is not. */
  readonly decode: Decode | null
  readonly maxBytes: number
}

export async function dumpBatches(segment: SegmentBytes, settings: DumpSettings, dumping: Dumping): Promise<void> {
  const { writer } = dumping
  const { isDeep, maxBytes } = settings
  const end = Math.min(maxBytes, segment.size)
  let valid = 0
  let last: number | null = null
  for await (const { batch, position } of segment.batches(0, end)) {
    if (batch.isLegacy) throw new Failure(`format ${batch.magic} of messages is not supported; only 2 is (docs/limits.md)`)
    writer.line(batchText(batch, position))
    if (isDeep) {
      let at = 0
      for (const record of readable(batch)) {
        if (last !== null && record.offset !== last + 1) dumping.findings.gap(segment.path, last, record.offset)
        last = record.offset
        const text = recordText(batch, record, at++, dumping)
        writer.line(text + contentText(batch, record, { text, settings, dumping }))
        await writer.settle()
      }
    }
    valid += batch.sizeInBytes
    await writer.settle()
  }
  const trailing = end - valid
  if (trailing > 0 && maxBytes === MAX_INT) {
    const name = segment.path.slice(segment.path.lastIndexOf('/') + 1)
    writer.line(`Found ${trailing} invalid bytes at the end of ${name}`)
  }
}

/** The records; a Failure where their bytes contradict themselves. */
function* readable(batch: RecordBatch): Generator<Record, void, undefined> {
  try {
    yield* batch.records()
  } catch (thrown) {
    throw new Failure((thrown as Error).message)
  }
}

function batchText(batch: RecordBatch, position: number): string {
  const horizon = batch.deleteHorizonMs
  const facts: readonly (readonly [string, unknown])[] = [
    ['baseOffset', batch.baseOffset],
    ['lastOffset', batch.lastOffset],
    ['count', batch.recordCount],
    ['baseSequence', batch.baseSequence],
    ['lastSequence', batch.lastSequence],
    ['producerId', batch.producerId],
    ['producerEpoch', batch.producerEpoch],
    ['partitionLeaderEpoch', batch.partitionLeaderEpoch],
    ['isTransactional', batch.isTransactional],
    ['isControl', batch.isControl],
    ['deleteHorizonMs', horizon === null ? 'OptionalLong.empty' : `OptionalLong[${horizon}]`],
    ['position', position],
    [batch.timestampType, batch.maxTimestamp],
    ['size', batch.sizeInBytes],
    ['magic', batch.magic],
    ['compresscodec', batch.compression],
    ['crc', batch.checksum],
    ['isvalid', batch.checksumMatches()],
  ]
  return facts.map(([name, value]) => `${name}: ${value}`).join(' ')
}

function recordText(batch: RecordBatch, record: Record, at: number, { found }: Dumping): string {
  if (found.has('skip-record-metadata')) return ''
  const { offset, timestamp, key, value, headers } = record
  return (
    `| offset: ${offset} ${batch.timestampType}: ${timestamp} keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1}` +
    ` sequence: ${sequenceOf(batch, at)} headerKeys: [${headers.map((header) => header.key).join(',')}]` +
    (batch.isControl ? controlText(record) : '')
  )
}

interface Telling {
  /** What was told of the record before. */
  readonly text: string
  readonly settings: DumpSettings
  readonly dumping: Dumping
}

/** Key and value; where they cannot be read at all, what was told before stands without an end. */
function contentText(batch: RecordBatch, record: Record, { text, settings, dumping }: Telling): string {
  if (!settings.decode || batch.isControl) return ''
  try {
    const { key, payload } = settings.decode(record)
    const keyText = key === null ? '' : `${text === '' ? '| ' : ' '}key: ${key}`
    return keyText + (payload === null ? '' : ` payload: ${payload}`)
  } catch (thrown) {
    if (text !== '') dumping.writer.line(text)
    throw thrown
  }
}

function sequenceOf({ baseSequence }: RecordBatch, at: number): number {
  if (baseSequence < 0) return -1
  const sequence = baseSequence + at
  return sequence > MAX_INT ? sequence - MAX_INT - 1 : sequence
}

/** Of the quorum's own records the message of their value. */
const controls: Partial<{ readonly [K in ControlKind]: readonly [title: string, message: AnyMessage] }> = {
  leaderChange: ['LeaderChange:', LeaderChangeMessage],
  snapshotHeader: ['SnapshotHeader', SnapshotHeaderRecord],
  snapshotFooter: ['SnapshotFooter', SnapshotFooterRecord],
  kraftVersion: ['KRaftVersion', KRaftVersionRecord],
  kraftVoters: ['KRaftVoters', VotersRecord],
}

function controlText(record: Record): string {
  const kind = controlKind(record.key)
  const found = kind && controls[kind]
  if (found) {
    const [title, message] = found
    const value = record.value ?? new Uint8Array(0)
    // The version stands in the message itself, as its first field.
    const { min, max } = versionsOf(message)
    const version = Math.min(Math.max(new ByteReader(value).int16(), min), max)
    return ` ${title} ${messageJson(message, version, codec(message, version).read(new ByteReader(value)))}`
  }
  const marker = readMarker(record)
  if (!marker) return ' controlType: UNKNOWN(-1)'
  return ` endTxnMarker: ${marker.committed ? 'COMMIT' : 'ABORT'} coordinatorEpoch: ${marker.coordinatorEpoch}`
}
