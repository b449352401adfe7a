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
  return from.text(length)
}

export function textOrNull(from: ByteReader, length: number): string | null {
  return length < 0 ? null : text(from, length)
}

export function viewOrNull(from: ByteReader, length: number): Uint8Array | null {
  return length < 0 ? null : from.view(length)
}

/** The number of an array's items, refused before anything is allocated when that many cannot be in what is left. */
export function count(from: ByteReader, length: number, itemSize: number): number {
  if (length * itemSize > from.left)
    throw new MalformedBytes(`${length} items of at least ${itemSize} bytes in ${from.left} bytes`)
  return length
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

export function writeBytes(to: ByteWriter, value: Uint8Array, compact: boolean, path: string): void {
  if (!(value instanceof Uint8Array)) throw missing(path)
  if (compact) to.uvarint(value.length + 1)
  else to.int32(value.length)
  to.raw(value)
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
  if (compact) to.uvarint(items.length + 1)
  else to.int32(items.length)
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
