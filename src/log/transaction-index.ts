// The aborted transactions whose data lies in a segment: what a read_committed consumer must leave out.

import { clampInt64 } from '../base/bytes.ts'
import { DamagedFile } from './text-files.ts'

const ENTRY_SIZE = 34
const VERSION = 0

export interface AbortedEntry {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  /** When the marker was written: no transaction below it was open. */
  readonly lastStableOffset: number
}

/** Entries stand in the order of their markers. */
export function transactionIndexBytes(entries: readonly AbortedEntry[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(entries.length * ENTRY_SIZE)
  entries.forEach(({ producerId, firstOffset, lastOffset, lastStableOffset }, i) => {
    const at = i * ENTRY_SIZE
    bytes.writeInt16BE(VERSION, at)
    bytes.writeBigInt64BE(clampInt64(producerId), at + 2)
    bytes.writeBigInt64BE(BigInt(firstOffset), at + 10)
    bytes.writeBigInt64BE(BigInt(lastOffset), at + 18)
    bytes.writeBigInt64BE(BigInt(lastStableOffset), at + 26)
  })
  return bytes
}

/** Throws DamagedFile where size, version or order do not fit. */
export function parseTransactionIndex(path: string, baseOffset: number, bytes: Uint8Array): AbortedEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length % ENTRY_SIZE !== 0)
    throw new DamagedFile(`${path} has ${buffer.length} bytes, not a multiple of ${ENTRY_SIZE}`)
  const entries: AbortedEntry[] = []
  for (let at = 0; at < buffer.length; at += ENTRY_SIZE) {
    const version = buffer.readInt16BE(at)
    const [producerId, firstOffset, lastOffset, lastStableOffset] = [2, 10, 18, 26].map((from) =>
      Number(buffer.readBigInt64BE(at + from)),
    )
    const entry = {
      producerId: producerId!,
      firstOffset: firstOffset!,
      lastOffset: lastOffset!,
      lastStableOffset: lastStableOffset!,
    }
    const before = entries.at(-1)
    if (
      version !== VERSION ||
      entry.producerId < 0 ||
      entry.firstOffset < 0 ||
      entry.lastOffset < baseOffset ||
      entry.lastOffset < entry.firstOffset ||
      entry.lastStableOffset < 0 ||
      entry.lastStableOffset > entry.lastOffset + 1 ||
      (before && before.lastOffset >= entry.lastOffset)
    ) {
      throw new DamagedFile(`${path} has an impossible entry as number ${entries.length}`)
    }
    entries.push(entry)
  }
  return entries
}
