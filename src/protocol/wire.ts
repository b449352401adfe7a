// What interpreted and compiled codecs share: lengths, texts, ids and tags as they stand on the wire.

import { AssertionFailed } from '../base/assert.ts'
import { type ByteReader, ByteWriter, byteLengthOf, MalformedBytes } from '../base/bytes.ts'
import { uuidFromBytes, uuidToBytes, ZERO_UUID } from '../base/uuid.ts'
import { KafkaError } from './errors.ts'

/** Kafka's limit for every string, also where the length could say more. */
const LONGEST_STRING = 0x7fff

/** A length that must not say null. Every negative length says null, as in Kafka. */
export function required(length: number, path: string): number {
  if (length < 0) throw new MalformedBytes(`${path} is null`)
  return length
}

export function text(from: ByteReader, length: number): string {
  if (length > LONGEST_STRING) throw new MalformedBytes(`a string of ${length} bytes; ${LONGEST_STRING} are allowed`)
  if (length > LONG_TEXT) weigh(length / BYTES_OF_WEIGHT)
  return from.text(length)
}

function weigh(more: number): void {
  weight += more
  if (weight > mostWeight) throw tooHeavy(1)
}

export function textOrNull(from: ByteReader, length: number): string | null {
  return length < 0 ? null : text(from, length)
}

export function viewOrNull(from: ByteReader, length: number): Uint8Array | null {
  return length < 0 ? null : from.view(length)
}

/**
 * What all arrays of one message may weigh together: 16 million numbers, or 4 million texts or structs. A million
 * partitions in one Metadata response stay far below; a hostile frame of 100 MB would otherwise become gigabytes.
 */
const MOST_WEIGHT = 16 * 1024 * 1024
/**
 * The same for a request that somebody else sent us: 100,000 structs or texts. A cluster of 50,000 partitions may be asked for in one request,
 * each in a topic of its own; what a few clients could make us hold, and decode in one turn of the event loop, stays small.
 */
export const MOST_REQUEST_WEIGHT = 400_000
/** What may be read in one step of the event loop: about 4,000 structs or texts. */
const MOST_AT_ONCE = 16 * 1024
/** What may be written in one: so many items of all arrays. */
const MOST_WRITTEN_AT_ONCE = 4096
/** So many items of long arrays, of all who read or write in steps, are one step. */
const STEP = 256
/** Longer texts than these weigh by their length, too: so many bytes as much as a number. */
const LONG_TEXT = 1024
const BYTES_OF_WEIGHT = 64

// Reading a message, or a step of it, is one synchronous call, so one number serves all readers.
let weight = 0
let mostWeight = MOST_WEIGHT
let written = 0
let mostWritten = Number.POSITIVE_INFINITY
let stepped = 0

/** Thrown where a message is too long for one step; one for all, as nobody looks at its stack. */
const TOO_LONG = new Error('more than one step')

/** Reads what is short; null, with the reader anywhere, for what is so long that it should be read in steps. */
export function readAtOnce<T>(from: ByteReader, codec: { read(from: ByteReader): T }): T | null {
  mostWeight = MOST_AT_ONCE
  try {
    return codec.read(from)
  } catch (thrown) {
    if (thrown === TOO_LONG) return null
    throw thrown
  } finally {
    mostWeight = MOST_WEIGHT
  }
}

/** Reads in steps what may weigh no more than a request may. Throws MalformedBytes beyond it. */
export function* readBoundedSteps<T>(
  from: ByteReader,
  codec: { readSteps(from: ByteReader): Generator<void, T> },
  most = MOST_REQUEST_WEIGHT,
): Generator<void, T> {
  const steps = codec.readSteps(from)
  for (let mine = 0; ; ) {
    weight = mine
    mostWeight = most
    try {
      const { done, value } = steps.next()
      if (done) return value as T
    } finally {
      mine = weight
      mostWeight = MOST_WEIGHT
    }
    yield
  }
}

/** Whether all was written; false, with the writer anywhere, for what is so long that it should be written in steps. */
export function writeAtOnce<T>(to: ByteWriter, codec: { write(to: ByteWriter, value: T): void }, value: T): boolean {
  written = 0
  mostWritten = MOST_WRITTEN_AT_ONCE
  try {
    codec.write(to, value)
    return true
  } catch (thrown) {
    if (thrown === TOO_LONG) return false
    throw thrown
  } finally {
    mostWritten = Number.POSITIVE_INFINITY
  }
}

/** Asked after each item of a long array that is read or written in steps. */
export function isStepOver(): boolean {
  return ++stepped % STEP === 0
}

/** To be called before a message is read. */
export function startReading(): void {
  weight = 0
}

/** The number of an array's items, refused before anything is allocated when what is left cannot hold that many. */
export function count(from: ByteReader, length: number, itemSize: number, itemWeight: number): number {
  if (length * itemSize > from.left) throw tooMany(length, `${itemSize} bytes each at least, ${from.left} left`)
  weight += length * itemWeight
  if (weight > mostWeight) throw tooHeavy(length)
  return length
}

function tooHeavy(items: number): Error {
  return mostWeight === MOST_AT_ONCE ? TOO_LONG : tooMany(items, 'more than one message may hold')
}

function tooMany(items: number, why: string): MalformedBytes {
  return new MalformedBytes(`${items} items in an array: ${why}`)
}

export function uuid(from: ByteReader): string {
  const at = from.at
  from.skip(16)
  return uuidFromBytes(from.bytes, at)
}

/** Passes over tagged fields, known and unknown. */
export function skipTags(from: ByteReader): void {
  for (let left = from.uvarint(); left > 0; left--) {
    from.uvarint()
    from.skip(from.uvarint())
  }
}

export function writeText(to: ByteWriter, value: string, compact: boolean, path: string): void {
  if (typeof value !== 'string') throw missing(path)
  const size = byteLengthOf(value)
  if (size > LONGEST_STRING)
    throw new KafkaError('INVALID_REQUEST', `${path} has ${size} bytes; a string may have ${LONGEST_STRING}`)
  if (compact) to.uvarint(size + 1)
  else to.int16(size)
  to.text(value, size)
}

/** Bytes in one piece or in several. */
export function writeBytes(to: ByteWriter, value: Uint8Array | readonly Uint8Array[], compact: boolean, path: string): void {
  if (value instanceof Uint8Array) {
    writeSize(to, value.length, compact)
    return to.raw(value)
  }
  if (!Array.isArray(value)) throw missing(path)
  const pieces: readonly Uint8Array[] = value
  const size = pieces.reduce((sum, { length }) => sum + length, 0)
  writeSize(to, size, compact)
  for (const piece of pieces) to.raw(piece)
}

/** What stands before a struct that may be null. */
export function isNull(from: ByteReader, isTagged: boolean): boolean {
  return isTagged ? from.uvarint() === 0 : from.int8() < 0
}

export function writePresence(to: ByteWriter, isThere: boolean, isTagged: boolean): void {
  if (isTagged) to.uvarint(isThere ? 1 : 0)
  else to.int8(isThere ? 1 : -1)
}

/** The null of a string. */
export function writeNoText(to: ByteWriter, compact: boolean): void {
  if (compact) to.uvarint(0)
  else to.int16(-1)
}

/** The null of bytes and of arrays. */
export function writeNone(to: ByteWriter, compact: boolean): void {
  if (compact) to.uvarint(0)
  else to.int32(-1)
}

export function writeCount(to: ByteWriter, items: readonly unknown[], compact: boolean, path: string): void {
  if (!Array.isArray(items)) throw missing(path)
  written += items.length
  if (written > mostWritten) throw TOO_LONG
  writeSize(to, items.length, compact)
}

function writeSize(to: ByteWriter, size: number, compact: boolean): void {
  if (compact) to.uvarint(size + 1)
  else to.int32(size)
}

const ZERO_UUID_BYTES = uuidToBytes(ZERO_UUID)

export function writeUuid(to: ByteWriter, value: string): void {
  to.raw(value === ZERO_UUID ? ZERO_UUID_BYTES : uuidToBytes(value))
}

/** One tagged field: its number, its size, its value. */
export function writeTagged(to: ByteWriter, tag: number, writeValue: (to: ByteWriter) => void): void {
  const inner = new ByteWriter(64)
  writeValue(inner)
  to.uvarint(tag)
  to.uvarint(inner.size)
  for (const chunk of inner.chunks()) to.raw(chunk)
}

/** Whether a value is what the field holds when nothing was said; left out counts as that. */
export function isInitial(value: unknown, initial: unknown): boolean {
  if (value === undefined || value === initial) return true
  if (typeof value !== 'object' || typeof initial !== 'object' || value === null || initial === null) return false
  if (Array.isArray(initial) || initial instanceof Uint8Array) return (value as { length: number }).length === 0
  return Object.entries(initial).every(([name, inner]) => isInitial((value as Record<string, unknown>)[name], inner))
}

/** Kafka's rule for a value that the version cannot carry. */
export function unsupported(path: string, version: number): KafkaError {
  return new KafkaError('UNSUPPORTED_VERSION', `${path} is not part of version ${version} and must keep its initial value there`)
}

export function missing(path: string): AssertionFailed {
  return new AssertionFailed(`${path} must be given and must not be null`)
}
