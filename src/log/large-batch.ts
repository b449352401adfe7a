// A batch whose length says that it is large: nothing is read, held and summed up at once because of a length that one wrong bit has made.

import { MalformedBytes } from '../base/bytes.ts'
import { crc32c } from '../base/crc32c.ts'
import type { ReadBytes } from '../platform/disk.ts'
import type { Slices } from '../platform/slices.ts'
import { AT, HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'
import { looksSound } from './batch-check.ts'
import { LEGACY_CRC_FROM, legacyCrc } from './legacy.ts'

/** Batches up to this size are read whole before anybody asks whether they are any. */
export const LARGE = 1024 * 1024
const PIECE = 256 * 1024

interface Readable {
  read(from: number, end: number): Promise<ReadBytes>
}

/** Whether the bytes of the batch at `position` match its checksum, by that of its format. In time slices. Throws DiskError, and MalformedBytes where the file ends before. */
export async function isIntact(segment: Readable, slices: Slices, position: number, header: RecordBatch): Promise<boolean> {
  const { magic, sizeInBytes, checksum, partitionLeaderEpoch } = header // the messages of old have their checksum in the place of the epoch
  const isOld = magic < 2
  const sum = isOld ? legacyCrc : (bytes: Uint8Array, before: number) => crc32c(bytes, 0, bytes.length, before)
  const end = position + sizeInBytes
  let crc = 0
  for (let at = position + (isOld ? LEGACY_CRC_FROM : AT.attributes); at < end; ) {
    await slices.rest()
    const read = await segment.read(at, Math.min(end, at + PIECE))
    try {
      const from = at
      for (const view of read.views) {
        crc = sum(view, crc)
        at += view.length
      }
      if (at === from) throw new MalformedBytes(`the file ends before position ${end}`)
    } finally {
      read.release()
    }
  }
  return crc === (isOld ? partitionLeaderEpoch >>> 0 : checksum)
}

/** Whether the large batch at `position`, which ends at or before `end`, is worth to be read whole: something follows where it says, or it is intact. */
export async function isWorthReading(
  segment: Readable,
  slices: Slices,
  { position, header, end }: { readonly position: number; readonly header: RecordBatch; readonly end: number },
): Promise<boolean> {
  const behind = position + header.sizeInBytes
  if (behind === end) return true
  if (end - behind >= HEADER_SIZE) {
    const read = await segment.read(behind, behind + HEADER_SIZE)
    try {
      const expected = { nextOffset: header.nextOffset, endOffset: Number.POSITIVE_INFINITY }
      const bytes = Buffer.concat(read.views)
      if (bytes.length === HEADER_SIZE && looksSound(new RecordBatch(bytes), end - behind, expected)) return true
    } finally {
      read.release()
    }
  }
  return isIntact(segment, slices, position, header)
}
