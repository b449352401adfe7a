// `<offset>.snapshot`: what was known of the producers when the log ended at that offset.

import { crc32c } from '../base/crc32c.ts'
import { type ProducerEntry, readEntry, snapshotLayout, writeEntry } from './producer-entry.ts'
import { DamagedFile } from './text-files.ts'

const { version, header, entry: entrySize, crcAt, crcFrom } = snapshotLayout

export function producerSnapshotBytes(entries: Iterable<ProducerEntry>, count: number): Uint8Array {
  const bytes = Buffer.alloc(header + count * entrySize)
  bytes.writeInt16BE(version, 0)
  bytes.writeInt32BE(count, crcFrom)
  let at = header
  for (const entry of entries) {
    writeEntry(bytes, at, entry)
    at += entrySize
  }
  bytes.writeUInt32BE(crc32c(bytes, crcFrom), crcAt)
  return bytes
}

/** Throws DamagedFile where version, checksum or size do not fit. */
export function parseProducerSnapshot(path: string, bytes: Uint8Array): ProducerEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < header || buffer.readInt16BE(0) !== version)
    throw new DamagedFile(`${path} is no producer snapshot of version ${version}`)
  if (crc32c(buffer, crcFrom) !== buffer.readUInt32BE(crcAt)) throw new DamagedFile(`${path} does not match its checksum`)
  const count = buffer.readInt32BE(crcFrom)
  if (buffer.length !== header + count * entrySize)
    throw new DamagedFile(`${path} has ${buffer.length} bytes for ${count} producers`)
  return Array.from({ length: count }, (_, i) => readEntry(buffer, header + i * entrySize))
}
