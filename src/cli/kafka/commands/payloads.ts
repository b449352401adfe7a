// What kafka-producer-perf-test sends.

import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import type { Arguments } from '../options/argparse.ts'

/** The value of the record with this number. */
export type Payload = (number: number) => Uint8Array

const LETTERS = 26
const FIRST_LETTER = 65
/** So many letters are made at once; records are windows into them. */
const POOL = 256 * 1024

/** Of a file, letters by chance, or numbers that grow. */
export async function payloadOf(found: Arguments, around: Surroundings): Promise<Payload> {
  const path = found.text('payload-file')
  if (path !== undefined) return fromFile(path, found.text('payload-delimiter') ?? '\\n', around)
  const size = found.text('record-size')
  return size === undefined ? (number) => Buffer.from(String(number)) : letters(Number(size), around)
}

async function fromFile(path: string, delimiter: string, around: Surroundings): Promise<Payload> {
  around.print(`Reading payloads from: ${path}`)
  const text = await around.readText(path)
  if (!text) throw new Failure('File does not exist or empty file provided.')
  const pieces = text.split(delimiter === '\\n' ? '\n' : separatorOf(delimiter))
  // As Java's scanner takes them: nothing before a delimiter at the beginning, and behind one at the end, is no piece.
  if (pieces[0] === '') pieces.shift()
  if (pieces.at(-1) === '') pieces.pop()
  around.print(`Number of records read: ${pieces.length}`)
  const payloads = pieces.map((piece) => Buffer.from(piece))
  const next = chance(around)
  return () => payloads[Math.floor(next() * payloads.length)]!
}

function separatorOf(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch {
    throw new Failure(`--payload-delimiter ${text} is no regular expression`)
  }
}

function letters(size: number, around: Surroundings): Payload {
  const next = chance(around)
  const pool = Buffer.allocUnsafe(POOL + size)
  for (let at = 0; at < pool.length; at++) pool[at] = FIRST_LETTER + Math.floor(next() * LETTERS)
  return () => {
    const from = Math.floor(next() * POOL)
    return pool.subarray(from, from + size)
  }
}

/** Quick, and good enough for filling: xorshift, from 0 up to and without 1. */
function chance(around: Surroundings): () => number {
  let state = new DataView(around.randomBytes(4).slice().buffer).getUint32(0) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
