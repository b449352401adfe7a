// What a broker checks before it appends what a client produced: one batch, whole, unharmed, and as its topic's rules want it.
import { MalformedBytes } from '../../base/bytes.ts'
import {
  type Aside,
  type Compression,
  compress,
  compressionOf,
  compressLater,
  decompressLater,
  OutputTooLarge,
} from '../compression/index.ts'
import { inTurns } from '../compression/steps.ts'
import { type ErrorName, KafkaError } from '../errors.ts'
import { AT, CODEC_MASK, HEADER_SIZE, LOG_OVERHEAD, RecordBatch, SMALLEST_LENGTH, type TimestampType } from './batch.ts'
import { readInt8, readInt32 } from './fields.ts'
import { renumbered, repacked, stamp } from './rewrite.ts'
import { type Walked, type WrongRecord, walkRecords, walkSteps } from './walk.ts'

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

/** Whatever its size, a payload may hold this much... */
const ALWAYS_OPENED = 16 * 1024 * 1024
/** ...and this many times the size of its batch. Text compresses to a tenth, rarely to a hundredth; what goes beyond both is a bomb. */
const LARGEST_RATIO = 200

/** How much a payload may hold to be looked at in the same turn of the event loop, and when it has to be compressed anew besides. */
const QUICK_OPENED = 1024 * 1024
const QUICK_REPACKED = 256 * 1024
/** How large a compressed batch, and one that lies open, may be for that. */
const QUICK_COMPRESSED = 64 * 1024
const QUICK_PLAIN = 8 * 1024 * 1024

/** More records than lie in this much are not renumbered. */
const LARGEST_RENUMBERED = 4 * 1024 * 1024

/**
 * Checks the `records` field of one partition of a Produce request at the time `now`, in Kafka's order and with Kafka's outcomes. The
 * checksum is verified; a compressed payload is opened once. May edit the bytes. Throws InvalidBatch.
 * @param room how many bytes may come out of compressed payloads, if that is less than what the batch may hold by itself
 */
export function validateBatch(
  bytes: Uint8Array,
  rules: BatchRules,
  now: number,
  room = Number.POSITIVE_INFINITY,
): ValidatedBatch {
  const batch = checked(bytes, rules)
  try {
    return validated(batch, rules, now, largestPayload(batch, rules, room))
  } catch (thrown) {
    throw thrown instanceof OutputTooLarge ? tooLarge(thrown) : thrown
  }
}

/** As `validateBatch`, or null where that takes longer than a turn of the event loop should: then it is a matter for `validateLater`. */
export function validateIfQuick(bytes: Uint8Array, rules: BatchRules, now: number, room: number): ValidatedBatch | null {
  const batch = checked(bytes, rules)
  const size = batch.sizeInBytes
  const repacks = targetOf(batch, rules) !== batch.compression
  const quick = repacks ? QUICK_REPACKED : QUICK_OPENED
  if (size > (batch.isCompressed ? QUICK_COMPRESSED : repacks ? QUICK_REPACKED : QUICK_PLAIN)) return null
  const largest = largestPayload(batch, rules, room)
  try {
    return validated(batch, rules, now, Math.min(largest, quick))
  } catch (thrown) {
    if (!(thrown instanceof OutputTooLarge)) throw thrown
    if (largest > quick) return null
    throw tooLarge(thrown)
  }
}

/** As `validateBatch`, in other threads or with pauses. The bytes must stay as they are until it resolves. */
export async function validateLater(
  bytes: Uint8Array,
  rules: BatchRules,
  clock: { now(): number },
  room: number,
  aside: Aside,
): Promise<ValidatedBatch> {
  const batch = checked(bytes, rules)
  const payload = await openLater(batch, largestPayload(batch, rules, room), aside)
  const walked = await walkLater(batch, payload, rules, clock.now(), aside.pause)
  const target = targetOf(batch, rules)
  const plain = toPack(batch, payload, walked, target)
  const packed = plain && (await compressLater(target, plain, rules.levels[target], aside))
  return finish(batch, payload, walked, packed, rules, clock.now())
}

function validated(batch: RecordBatch, rules: BatchRules, now: number, maxOpened: number): ValidatedBatch {
  const payload = open(batch, maxOpened)
  const walked = walk(batch, payload, rules, now)
  const target = targetOf(batch, rules)
  const plain = toPack(batch, payload, walked, target)
  return finish(batch, payload, walked, plain && compress(target, plain, rules.levels[target]), rules, now)
}

/** The batch, after all that can be seen without its records. */
function checked(bytes: Uint8Array, rules: BatchRules): RecordBatch {
  const batch = onlyBatchOf(bytes, rules)
  checkAsWhole(batch, rules)
  checkHeader(batch)
  checkCodec(batch)
  return batch
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

function checkCodec(batch: RecordBatch): void {
  try {
    compressionOf(batch.attributes & CODEC_MASK)
  } catch (cause) {
    throw unopened(cause)
  }
}

function largestPayload(batch: RecordBatch, { maxDecompressedBytes }: BatchRules, room: number): number {
  return Math.max(0, Math.min(room, maxDecompressedBytes, ALWAYS_OPENED + LARGEST_RATIO * batch.sizeInBytes))
}

/** The payload, opened where it is compressed; null where the records lie in the batch itself. Throws OutputTooLarge and InvalidBatch. */
function open(batch: RecordBatch, maxOpened: number): Uint8Array | null {
  if (!batch.isCompressed) return null
  try {
    return batch.payload(maxOpened)
  } catch (cause) {
    throw unopened(cause)
  }
}

async function openLater(batch: RecordBatch, maxOpened: number, aside: Aside): Promise<Uint8Array | null> {
  if (!batch.isCompressed) return null
  try {
    const stored = batch.bytes.subarray(batch.at + HEADER_SIZE, batch.at + batch.sizeInBytes)
    return await decompressLater(batch.compression, stored, maxOpened, aside)
  } catch (cause) {
    throw cause instanceof OutputTooLarge ? tooLarge(cause) : unopened(cause)
  }
}

function unopened(cause: unknown): unknown {
  if (cause instanceof OutputTooLarge || !(cause instanceof MalformedBytes)) return cause
  return new InvalidBatch('UNKNOWN_SERVER_ERROR', cause.message, { insideRecords: true, cause })
}

function tooLarge(cause: OutputTooLarge): InvalidBatch {
  return new InvalidBatch('MESSAGE_TOO_LARGE', cause.message, { cause })
}

function walk(batch: RecordBatch, payload: Uint8Array | null, rules: BatchRules, now: number): Walked {
  try {
    return rightOnly(walkRecords(...walkOf(batch, payload, rules, now)), rules, now)
  } catch (cause) {
    throw unwalked(cause)
  }
}

async function walkLater(
  batch: RecordBatch,
  payload: Uint8Array | null,
  rules: BatchRules,
  now: number,
  pause: Aside['pause'],
): Promise<Walked> {
  try {
    return rightOnly(await inTurns(walkSteps(...walkOf(batch, payload, rules, now)), pause), rules, now)
  } catch (cause) {
    throw unwalked(cause)
  }
}

/** Where the records lie, how many there are, and what they must be like. */
function walkOf(batch: RecordBatch, payload: Uint8Array | null, rules: BatchRules, now: number): Parameters<typeof walkRecords> {
  const isChecked = rules.timestampType === 'CreateTime'
  const walkRules = {
    baseTimestamp: batch.baseTimestamp,
    // Its own times count even where a producer claims LogAppendTime: the mark goes, and these are what readers will see.
    logAppendTime: null,
    earliest: isChecked ? now - rules.timestampBeforeMaxMs : -Infinity,
    latest: isChecked ? now + rules.timestampAfterMaxMs : Infinity,
    needsKey: rules.compacted,
  }
  return payload === null
    ? [batch.bytes, batch.at + HEADER_SIZE, batch.at + batch.sizeInBytes, batch.recordCount, walkRules]
    : [payload, 0, payload.length, batch.recordCount, walkRules]
}

function unwalked(cause: unknown): unknown {
  if (!(cause instanceof MalformedBytes)) return cause
  return new InvalidBatch('INVALID_RECORD', cause.message, { insideRecords: true, cause })
}

function rightOnly(walked: Walked, rules: BatchRules, now: number): Walked {
  if (walked.wrong) throw refusalOf(walked.wrong, rules, now)
  return walked
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

function targetOf(batch: RecordBatch, { compressionType }: BatchRules): Compression {
  if (compressionType === 'producer') return batch.compression
  return compressionType === 'uncompressed' ? 'none' : compressionType
}

/** What has to be packed in the topic's codec; null where the batch has that codec already. */
function toPack(batch: RecordBatch, payload: Uint8Array | null, walked: Walked, target: Compression): Uint8Array | null {
  if (batch.compression === target) {
    // Kafka cannot renumber a payload that it only skipped through, and fails without a better name for it.
    if (payload !== null && !walked.isInOrder)
      throw new InvalidBatch('UNKNOWN_SERVER_ERROR', 'offset deltas of a compressed batch are not 0, 1, 2, ...', {
        insideRecords: true,
      })
    return null
  }
  const plain = payload ?? batch.payload()
  if (walked.isInOrder) return plain
  if (plain.length > LARGEST_RENUMBERED)
    throw new InvalidBatch(
      'MESSAGE_TOO_LARGE',
      `offset deltas are not 0, 1, 2, ...; only ${LARGEST_RENUMBERED} bytes are renumbered`,
    )
  return renumbered(batch, plain)
}

function finish(
  batch: RecordBatch,
  payload: Uint8Array | null,
  walked: Walked,
  packed: Uint8Array | null,
  rules: BatchRules,
  now: number,
): ValidatedBatch {
  const { timestampType } = rules
  const stampedNow = timestampType === 'LogAppendTime'
  const maxTimestamp = stampedNow ? now : walked.maxTimestamp
  const stored = packed ? repacked(batch, packed, targetOf(batch, rules), timestampType, maxTimestamp) : batch
  if (packed) checkSize(stored.sizeInBytes, rules)
  else stamp(batch, timestampType, maxTimestamp)
  return {
    batch: stored,
    maxTimestamp,
    offsetOfMaxTimestamp: stampedNow ? 0 : walked.indexOfMaxTimestamp,
    recordCount: batch.recordCount,
    logAppendTimeMs: stampedNow ? now : -1,
    decompressedBytes: payload?.length ?? 0,
    wasRecompressed: packed !== null,
  }
}
