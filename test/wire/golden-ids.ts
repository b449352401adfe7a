// What a broker chooses by chance, in answers, and clients say again: a replay puts what ours chose in the place of what Kafka chose.

import { uuidFromBytes } from '../../src/base/uuid.ts'

const IDS = new Set(['topicId', 'memberId'])
const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA'
const UUID_BYTES = 16

export class ChosenIds {
  /** Bytes of Kafka's choice, and ours. */
  readonly #pairs = new Map<string, { theirs: Buffer; ours: Buffer }>()
  #sessions = new Map<number, number>()

  /** Both are decoded answers to the same request. */
  learn(theirs: unknown, ours: unknown): void {
    if (Array.isArray(theirs) && Array.isArray(ours)) {
      for (const [index, item] of theirs.entries()) this.learn(item, namesake(item, ours) ?? ours[index])
      return
    }
    if (!isObject(theirs) || !isObject(ours)) return
    for (const [key, value] of Object.entries(theirs)) {
      const other = ours[key]
      if (IDS.has(key) && typeof value === 'string' && typeof other === 'string') this.#note(key, value, other)
      else if (key === 'sessionId' && typeof value === 'number' && typeof other === 'number') this.#sessions.set(value, other)
      else this.learn(value, other)
    }
  }

  #note(key: string, theirs: string, ours: string): void {
    // What was learnt first stays: it comes from the answer that gave the id away, later ones list members in any order.
    if (this.#pairs.has(theirs) || theirs === '' || ours === '' || theirs === ZERO || ours === ZERO) return
    const bytesOf = key === 'topicId' ? uuidBytes : (text: string) => Buffer.from(text)
    this.#pairs.set(theirs, { theirs: bytesOf(theirs), ours: bytesOf(ours) })
  }

  /** The frame with our ids; `isFetch` where it may name a session. */
  translated(frame: Buffer, isFetch: boolean): Buffer {
    const bytes = Buffer.from(frame)
    for (const { theirs, ours } of this.#pairs.values()) replace(bytes, theirs, ours)
    if (isFetch) for (const [theirs, ours] of this.#sessions) if (theirs !== 0) replace(bytes, int32(theirs), int32(ours))
    return bytes
  }
}

function replace(bytes: Buffer, theirs: Buffer, ours: Buffer): void {
  for (let at = bytes.indexOf(theirs); at >= 0; at = bytes.indexOf(theirs, at + theirs.length)) {
    if (theirs.length !== ours.length) throw new Error(`${ours} is not as long as ${theirs}: the frame would change its length`)
    ours.copy(bytes, at)
  }
}

/** The item of that name: lists of topics come in any order. */
function namesake(item: unknown, others: readonly unknown[]): unknown {
  if (!isObject(item) || typeof item['name'] !== 'string') return undefined
  return others.find((other) => isObject(other) && other['name'] === item['name'])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !(value instanceof Uint8Array)
}

function uuidBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== UUID_BYTES || uuidFromBytes(bytes) !== text) throw new Error(`${text} is no UUID`)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
