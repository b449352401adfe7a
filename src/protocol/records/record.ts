// One record as it lies in a batch of format 2: lengths and deltas as varints, relative to the batch's base offset and timestamp.
import { type ByteReader, byteLengthOf, MalformedBytes } from '../../base/bytes.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './fields.ts'

export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

/** A record taken out of its batch. Keys and values are views of the batch's bytes (or of its decompressed payload). */
export interface Record {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
}

const NO_HEADERS: readonly Header[] = Object.freeze([])

/**
 * Reads the record at the reader's place. `baseOffset` and `baseTimestamp` are the batch's; a `logAppendTime` replaces the record's own
 * time. Throws MalformedBytes where lengths contradict each other.
 */
export function readRecord(reader: ByteReader, baseOffset: number, baseTimestamp: number, logAppendTime: number | null): Record {
  const size = reader.varint()
  if (size < 0 || size > reader.left) throw new MalformedBytes(`a record of ${size} bytes where ${reader.left} are left`)
  const end = reader.at + size
  reader.skip(1) // attributes: none defined so far
  const timestamp = baseTimestamp + reader.varlong()
  const offset = baseOffset + reader.varint()
  const key = readBytes(reader)
  const value = readBytes(reader)
  const headers = readHeaders(reader)
  if (reader.at !== end) throw new MalformedBytes(`a record says ${size} bytes and has ${reader.at - end + size}`)
  return { offset, timestamp: logAppendTime ?? timestamp, key, value, headers }
}

function readBytes(reader: ByteReader): Uint8Array | null {
  const size = reader.varint()
  return size < 0 ? null : reader.view(size)
}

function readHeaders(reader: ByteReader): readonly Header[] {
  const count = reader.varint()
  if (count === 0) return NO_HEADERS
  // A header takes at least two bytes, so a count beyond the bytes is refused before anything is made for it.
  if (count < 0 || count > reader.left) throw new MalformedBytes(`${count} headers in ${reader.left} bytes`)
  const headers: Header[] = []
  for (let i = 0; i < count; i++) {
    const size = reader.varint()
    if (size < 0) throw new MalformedBytes('a header without a key')
    headers.push({ key: reader.text(size), value: readBytes(reader) })
  }
  return headers
}

/** What a writer needs to know of a record, besides its place in the batch. */
export interface RecordFields {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly Header[]
}

/** How many bytes the record takes after its own length prefix. */
export function sizeOfRecordBody(record: RecordFields, timestampDelta: number, offsetDelta: number): number {
  const { key, value, headers = NO_HEADERS } = record
  let size =
    1 +
    sizeOfVarlong(timestampDelta) +
    sizeOfVarint(offsetDelta) +
    sizeOfBytes(key) +
    sizeOfBytes(value) +
    sizeOfVarint(headers.length)
  for (const header of headers) {
    const keySize = byteLengthOf(header.key)
    size += sizeOfVarint(keySize) + keySize + sizeOfBytes(header.value)
  }
  return size
}

function sizeOfBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length
}

/** Writes a record whose `bodySize` is `sizeOfRecordBody` of the same arguments; returns where the next one goes. */
export function writeRecord(
  to: Buffer,
  at: number,
  record: RecordFields,
  timestampDelta: number,
  offsetDelta: number,
  bodySize: number,
): number {
  const { key, value, headers = NO_HEADERS } = record
  let next = writeVarint(to, at, bodySize)
  to[next++] = 0
  next = writeVarlong(to, next, timestampDelta)
  next = writeVarint(to, next, offsetDelta)
  next = writeBytes(to, next, key)
  next = writeBytes(to, next, value)
  next = writeVarint(to, next, headers.length)
  for (const header of headers) {
    next = writeVarint(to, next, byteLengthOf(header.key))
    next += to.write(header.key, next, 'utf8')
    next = writeBytes(to, next, header.value)
  }
  return next
}

function writeBytes(to: Uint8Array, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(to, at, -1)
  const next = writeVarint(to, at, bytes.length)
  to.set(bytes, next)
  return next + bytes.length
}
