// Damage to one file, as chance will have it: what a bad sector, a lost write, a bad cable or a careless hand leaves.

import type { Random } from '../../src/platform/random.ts'

/** `null`: the file is gone. */
export interface Damage {
  readonly how: string
  readonly bytes: Uint8Array | null
}

type Kind = (bytes: Buffer, random: Random) => Uint8Array | null

const below = (random: Random, end: number) => Math.floor(random.next() * end)

function range(bytes: Buffer, random: Random): [from: number, to: number] {
  const from = below(random, bytes.length)
  return [from, Math.min(bytes.length, from + 1 + below(random, Math.min(bytes.length, 64)))]
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}

const kinds: Readonly<Record<string, Kind>> = {
  'one bit turned': (bytes, random) =>
    changed(bytes, (copy) => {
      copy[below(random, copy.length)]! ^= 1 << below(random, 8)
    }),
  'one byte changed': (bytes, random) =>
    changed(bytes, (copy) => {
      copy[below(random, copy.length)]! ^= 1 + below(random, 255)
    }),
  'several bytes changed': (bytes, random) =>
    changed(bytes, (copy) => {
      for (let i = 2 + below(random, 6); i > 0; i--) copy[below(random, copy.length)] = below(random, 256)
    }),
  'a digit changed': (bytes, random) => {
    const digits = [...bytes.keys()].filter((at) => bytes[at]! >= 0x30 && bytes[at]! <= 0x39)
    if (digits.length === 0) return changed(bytes, (copy) => void copy[below(random, copy.length)]!++)
    return changed(bytes, (copy) => void (copy[digits[below(random, digits.length)]!] = 0x30 + below(random, 10)))
  },
  'cut short': (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  emptied: () => new Uint8Array(0),
  removed: () => null,
  'a stretch of zeros': (bytes, random) => changed(bytes, (copy) => void copy.fill(0, ...range(bytes, random))),
  'zeros to the end': (bytes, random) => changed(bytes, (copy) => void copy.fill(0, below(random, bytes.length))),
  'nothing but zeros': (bytes) => Buffer.alloc(bytes.length),
  'nothing but noise': (bytes, random) => random.bytes(bytes.length),
  'a stretch of noise': (bytes, random) =>
    changed(bytes, (copy) => {
      const [from, to] = range(bytes, random)
      copy.set(random.bytes(to - from), from)
    }),
  'noise behind the end': (bytes, random) => Buffer.concat([bytes, random.bytes(1 + below(random, 100))]),
  'zeros behind the end': (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + below(random, 4096))]),
  'a stretch missing': (bytes, random) => {
    const [from, to] = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  'a stretch twice': (bytes, random) => {
    const [from, to] = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  'a stretch copied elsewhere': (bytes, random) =>
    changed(bytes, (copy) => {
      const [from, to] = range(bytes, random)
      bytes.copy(copy, below(random, bytes.length), from, to)
    }),
  'a large number': (bytes, random) =>
    changed(bytes, (copy) => {
      const at = below(random, Math.max(1, copy.length - 3))
      copy.fill(0xff, at, at + 4)
      copy[at] = 0x7f
    }),
}

/** The same damage for the same chance. An empty file can only grow, or go. */
export function damaged(file: Uint8Array, random: Random): Damage {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  const names = Object.keys(kinds)
  const how = bytes.length === 0 ? 'noise behind the end' : names[below(random, names.length)]!
  return { how, bytes: kinds[how]!(bytes, random) }
}
