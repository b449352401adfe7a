// ZooKeeper's wire format: big-endian numbers, and texts and buffers behind a 32-bit length of which -1 means null.

import { type ByteReader, type ByteWriter, byteLengthOf, MalformedBytes } from '../base/bytes.ts'

export function readBuffer(from: ByteReader): Uint8Array | null {
  const size = from.int32()
  return size < 0 ? null : from.view(size)
}

export function writeBuffer(to: ByteWriter, bytes: Uint8Array | null): void {
  to.int32(bytes === null ? -1 : bytes.length)
  if (bytes) to.raw(bytes)
}

/** Null is read as an empty text: no text of the protocol makes a difference of it. */
export function readText(from: ByteReader): string {
  const size = from.int32()
  return size <= 0 ? '' : from.text(size)
}

export function writeText(to: ByteWriter, text: string): void {
  const size = byteLengthOf(text)
  to.int32(size)
  to.text(text, size)
}

const LEAST_TEXT = 4

/** Throws MalformedBytes, before it makes anything, for a length that the bytes cannot hold. */
export function readTexts(from: ByteReader): string[] {
  const count = from.int32()
  if (count > from.left / LEAST_TEXT) throw new MalformedBytes(`${count} texts in ${from.left} bytes`)
  const texts: string[] = []
  for (let i = 0; i < count; i++) texts.push(readText(from))
  return texts
}
