// Chance from the operating system.

import { randomBytes } from 'node:crypto'
import type { Random } from '../random.ts'

const RESERVE = 1024

export function nodeRandom(): Random {
  let reserve = Buffer.alloc(0)
  let at = 0

  // One call into the system serves many small askers.
  function take(length: number): Buffer {
    if (length > RESERVE / 4) return randomBytes(length)
    if (at + length > reserve.length) {
      reserve = randomBytes(RESERVE)
      at = 0
    }
    at += length
    return reserve.subarray(at - length, at)
  }

  return {
    next: () => {
      const bytes = take(7)
      return bytes.readUIntBE(0, 6) / 2 ** 48 + (bytes[6]! & 31) / 2 ** 53
    },
    bytes: (length) => Uint8Array.from(take(length)),
  }
}
