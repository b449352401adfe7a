// What a broker checks before it appends what a client produced: one batch, whole, unharmed, and as its topic's rules want it.
import { MalformedBytes } from '../../base/bytes.ts'
import { type Compression, OutputTooLarge } from '../compression/index.ts'
import { type ErrorName, KafkaError } from '../errors.ts'
import { AT, HEADER_SIZE, LOG_OVERHEAD, RecordBatch, SMALLEST_LENGTH, type TimestampType } from './batch.ts'
import { readInt8, readInt32 } from './fields.ts'
import { recompressed, renumbered, stamp } from './rewrite.ts'
import { type Walked, type WrongRecord, walkRecords } from './walk.ts'

/** What the topic and the request ask of a batch. */
export interface BatchRules {
  readonly produceVersion: number
  /** `max.message.bytes`, measured on the whole batch as it is stored. */
  readonly maxMessageBytes: number
  /** `segment.bytes`: a batch must fit into one segment. */
  readonly segmentBytes: number
  readonly timestampType: TimestampType
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  /** Whether every record needs a key. */
  readonly compacted: boolean
  /** `compression.type`. */
  readonly compressionType: Compression | 'producer' | 'uncompressed'
  /** The level per codec where the broker compresses anew; a codec's default where absent. */
  readonly levels: { readonly [codec in Compression]?: number }
  /** How large a compressed payload may become; Kafka knows no such bound, its producers split the batch on this answer. */
  readonly maxDecompressedBytes: number
}

export interface ValidatedBatch {
  /** The batch to append: the client's own bytes, edited in place at most, or new ones in the topic's codec. */
  readonly batch: RecordBatch
  readonly maxTimestamp: number
  /** Relative to the base offset, which the log assigns; -1 where no record has a time. */
  readonly offsetOfMaxTimestamp: number
  readonly recordCount: number
  /** -1 for CreateTime, as the answer says it. */
  readonly logAppendTimeMs: number
  /** How many bytes came out of a compressed payload; 0 where none was opened. */
  readonly decompressedBytes: number
  readonly wasRecompressed: boolean
}

export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

/** A batch that is refused, with what a Produce answer says beside the code. */
export class InvalidBatch extends KafkaError {
  /** The records at fault, where it is single ones. */
  readonly recordErrors: readonly RecordError[]
  /** Whether it was found among the records: only then does Kafka's answer name the log start offset. */
  readonly insideRecords: boolean
  /** Whether Kafka's answer carries a text. */
  readonly isTold: boolean

  constructor(
    error: ErrorName,
    detail: string,
    about: { recordErrors?: readonly RecordError[]; insideRecords?: boolean; isTold?: boolean; cause?: unknown } = {},
  ) {
    super(error, detail, 'cause' in about ? { cause: about.cause } : undefined)
    this.recordErrors = about.recordErrors ?? []
    this.insideRecords = about.insideRecords ?? false
    this.isTold = about.isTold ?? false
  }
}

const SMALLEST_MAGIC_2 = HEADER_SIZE - LOG_OVERHEAD
const UP_TO_MAGIC = AT.magic + 1
const ZSTD_SINCE_PRODUCE = 7

/**
 * Checks the `records` field of one partition of a Produce request at the time `now`, in Kafka's order and with Kafka's outcomes. The
 * checksum is verified; a compressed payload is opened once. May edit the bytes. Throws InvalidBatch.
 */
export function validateBatch(bytes: Uint8Array, rules: BatchRules, now: number): ValidatedBatch {
  const batch = onlyBatchOf(bytes, rules)
  checkAsWhole(batch, rules)
  checkHeader(batch)
  const payload = openPayload(batch, rules)
  const walked = walkPayload(batch, payload, rules, now)
  if (walked.wrong) throw refusalOf(walked.wrong, rules, now)
  return finish(batch, payload, walked, rules, now)
}

/** The one batch in `bytes`; a few stray bytes behind it are tolerated, as Kafka does. */
function onlyBatchOf(bytes: Uint8Array, rules: BatchRules): RecordBatch {
  const end = endOfBatch(bytes, 0, true)
  if (end < 0) throw new InvalidBatch('INVALID_RECORD', `no whole batch in ${bytes.length} bytes`)
  const batch = new RecordBatch(bytes)
  if (batch.magic !== 2) throw new InvalidBatch('INVALID_RECORD', `message format ${batch.magic}; only format 2 is stored`)
  if ((batch.attributes & 7) === 4 && rules.produceVersion < ZSTD_SINCE_PRODUCE)
    throw new InvalidBatch(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `zstd needs Produce version ${ZSTD_SINCE_PRODUCE}, not ${rules.produceVersion}`,
    )
  if (endOfBatch(bytes, end, false) >= 0) throw new InvalidBatch('INVALID_RECORD', 'more than one batch for a partition')
  return batch
}

/** Where the batch at `at` ends, or -1 where no whole one lies there. */
function endOfBatch(bytes: Uint8Array, at: number, isTold: boolean): number {
  const left = bytes.length - at
  if (left < LOG_OVERHEAD) return -1
  const length = readInt32(bytes, at + AT.length)
  if (length < SMALLEST_LENGTH)
    throw new InvalidBatch('CORRUPT_MESSAGE', `batch length ${length} is below ${SMALLEST_LENGTH}`, { isTold })
  if (left < UP_TO_MAGIC) return -1
  const magic = readInt8(bytes, at + AT.magic)
  if (magic < 0 || magic > 2) throw new InvalidBatch('CORRUPT_MESSAGE', `unknown message format ${magic}`, { isTold })
  return length > left - LOG_OVERHEAD ? -1 : at + LOG_OVERHEAD + length
}

function checkAsWhole(batch: RecordBatch, rules: BatchRules): void {
  const size = batch.sizeInBytes
  if (size < HEADER_SIZE)
    throw new InvalidBatch('CORRUPT_MESSAGE', `batch length ${size - LOG_OVERHEAD} is below ${SMALLEST_MAGIC_2}`)
  if (batch.baseOffset !== 0)
    throw new InvalidBatch('INVALID_RECORD', `base offset ${batch.baseOffset} in a produced batch`, { insideRecords: true })
  checkSize(size, rules)
  if (!batch.checksumMatches()) throw new InvalidBatch('CORRUPT_MESSAGE', `the checksum is not ${batch.checksum}`)
}

function checkSize(size: number, { maxMessageBytes, segmentBytes }: BatchRules): void {
  if (size > maxMessageBytes)
    throw new InvalidBatch('MESSAGE_TOO_LARGE', `batch of ${size} bytes; max.message.bytes is ${maxMessageBytes}`)
  if (size > segmentBytes)
    throw new InvalidBatch('RECORD_LIST_TOO_LARGE', `batch of ${size} bytes; segment.bytes is ${segmentBytes}`)
}

function checkHeader(batch: RecordBatch): void {
  const { recordCount, lastOffsetDelta, producerId } = batch
  const wrong =
    recordCount <= 0 || recordCount - 1 !== lastOffsetDelta
      ? `${recordCount} records with a last offset delta of ${lastOffsetDelta}`
      : batch.isControl
        ? 'clients may not write control batches'
        : producerId >= 0 && batch.baseSequence < 0
          ? `sequence ${batch.baseSequence} with producer id ${producerId}`
          : producerId > Number.MAX_SAFE_INTEGER
            ? `producer id ${producerId} is beyond 2^53`
            : null
  if (wrong !== null) throw new InvalidBatch('INVALID_RECORD', wrong, { insideRecords: true })
}

/** The payload, opened where it is compressed; null where the records lie in the batch itself. */
function openPayload(batch: RecordBatch, { maxDecompressedBytes }: BatchRules): Uint8Array | null {
  if (!batch.isCompressed) return null
  try {
    return batch.payload(maxDecompressedBytes)
  } catch (cause) {
    if (cause instanceof OutputTooLarge) throw new InvalidBatch('MESSAGE_TOO_LARGE', cause.message, { cause })
    if (!(cause instanceof MalformedBytes)) throw cause
    throw new InvalidBatch('UNKNOWN_SERVER_ERROR', cause.message, { insideRecords: true, cause })
  }
}

function walkPayload(batch: RecordBatch, payload: Uint8Array | null, rules: BatchRules, now: number): Walked {
  const isChecked = rules.timestampType === 'CreateTime'
  const walkRules = {
    baseTimestamp: batch.baseTimestamp,
    logAppendTime: batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : null,
    earliest: isChecked ? now - rules.timestampBeforeMaxMs : -Infinity,
    latest: isChecked ? now + rules.timestampAfterMaxMs : Infinity,
    needsKey: rules.compacted,
  }
  try {
    return payload === null
      ? walkRecords(batch.bytes, batch.at + HEADER_SIZE, batch.at + batch.sizeInBytes, batch.recordCount, walkRules)
      : walkRecords(payload, 0, payload.length, batch.recordCount, walkRules)
  } catch (cause) {
    if (!(cause instanceof MalformedBytes)) throw cause
    throw new InvalidBatch('INVALID_RECORD', cause.message, { insideRecords: true, cause })
  }
}

function refusalOf(wrong: readonly WrongRecord[], rules: BatchRules, now: number): InvalidBatch {
  const recordErrors = wrong.map(({ index, timestamp }) => ({
    batchIndex: index,
    message:
      timestamp === null
        ? 'a record of a compacted topic needs a key'
        : `timestamp ${timestamp} is not between ${now - rules.timestampBeforeMaxMs} and ${now + rules.timestampAfterMaxMs}`,
  }))
  const badTime = wrong.some(({ timestamp }) => timestamp !== null)
  const first = recordErrors[0]!
  const detail = `${wrong.length} wrong records; record ${first.batchIndex}: ${first.message}`
  return new InvalidBatch(badTime ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD', detail, {
    recordErrors,
    insideRecords: true,
    isTold: true,
  })
}

function finish(batch: RecordBatch, payload: Uint8Array | null, walked: Walked, rules: BatchRules, now: number): ValidatedBatch {
  const stampedNow = rules.timestampType === 'LogAppendTime'
  const maxTimestamp = stampedNow ? now : walked.maxTimestamp
  const stored = store(batch, payload, walked, maxTimestamp, rules)
  return {
    batch: stored,
    maxTimestamp,
    offsetOfMaxTimestamp: stampedNow ? 0 : walked.indexOfMaxTimestamp,
    recordCount: batch.recordCount,
    logAppendTimeMs: stampedNow ? now : -1,
    decompressedBytes: payload?.length ?? 0,
    wasRecompressed: stored !== batch,
  }
}

function store(
  batch: RecordBatch,
  payload: Uint8Array | null,
  walked: Walked,
  maxTimestamp: number,
  rules: BatchRules,
): RecordBatch {
  const source = batch.compression
  const { compressionType, timestampType, levels } = rules
  const target = compressionType === 'producer' ? source : compressionType === 'uncompressed' ? 'none' : compressionType
  if (source === target) {
    // Kafka cannot renumber a payload that it only skipped through, and fails without a better name for it.
    if (payload !== null && !walked.isInOrder)
      throw new InvalidBatch('UNKNOWN_SERVER_ERROR', 'offset deltas of a compressed batch are not 0, 1, 2, ...', {
        insideRecords: true,
      })
    stamp(batch, timestampType, maxTimestamp)
    return batch
  }
  const plain = payload ?? batch.payload()
  const rewritten = recompressed(
    batch,
    walked.isInOrder ? plain : renumbered(batch, plain),
    target,
    levels[target],
    timestampType,
    maxTimestamp,
  )
  checkSize(rewritten.sizeInBytes, rules)
  return rewritten
}
