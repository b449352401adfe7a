// Records as JSON, one a line, both ways: what `consume --json` prints `produce --json` takes.

import type { ConsumerRecord } from '../../client/consumer/index.ts'
import type { ProducerRecord } from '../../client/producer/record.ts'
import { UsageError } from '../usage.ts'

export type BytesRecord = ConsumerRecord<Uint8Array | null, Uint8Array | null>

/** Bytes that are no text. */
interface Binary {
  readonly base64: string
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A text; null for bytes that are none. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes)
  } catch {
    return null // the one thing that decoding may throw
  }
}

/** Objects and lists as they are, other texts as texts, other bytes in base64. */
export function jsonOf(bytes: Uint8Array | null): unknown {
  if (bytes === null) return null
  const text = textOf(bytes)
  if (text === null) return { base64: Buffer.from(bytes).toString('base64') } satisfies Binary
  const structure = structureOf(text)
  // Else what is read again would be something else.
  return structure === null || isBinary(structure) || losesDigits(text) ? text : structure
}

/** A number with more digits than JavaScript's numbers have: 12345678901234567890 would become 12345678901234567000. */
function losesDigits(json: string): boolean {
  if (!/[\d.]{16}|\d[eE]/.test(json)) return false
  for (const [token, quoted] of json.matchAll(/("(?:[^"\\]|\\.)*")|-?\d[\d.eE+-]*/gs))
    if (quoted === undefined && digitsOf(token) !== digitsOf(String(Number(token)))) return true
  return false
}

/** Those that count, without where the point is: of two texts for numbers so near to each other they say whether both are the same. */
const digitsOf = (number: string) =>
  number
    .replace(/[eE].*/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '')

/** The object or list that a text is; null where it is none. */
export function structureOf(text: string): object | null {
  if (!/^\s*[[{]/.test(text)) return null
  try {
    return JSON.parse(text) as object
  } catch {
    return null // a text that begins like one
  }
}

export function recordJson({ topic, partition, offset, timestamp, key, value, headers }: BytesRecord): string {
  const named = headers.map((header) => ({ key: header.key, value: jsonOf(header.value) }))
  return JSON.stringify({ topic, partition, offset, timestamp, key: jsonOf(key), value: jsonOf(value), headers: named })
}

/** What a line of JSON says of a record for `topic`: its own topic and offset are left aside. Throws a UsageError that says what is wrong with it. */
export function recordOf(line: Uint8Array, topic: string, number: number): ProducerRecord<Uint8Array | null, Uint8Array | null> {
  const wrong = (why: string) => new UsageError(`line ${number}: ${why}; a line looks like {"key":"ann","value":{"total":7}}`)
  const text = textOf(line)
  if (text === null) throw wrong('it is no text in UTF-8')
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (thrown) {
    throw wrong((thrown as Error).message)
  }
  if (losesDigits(text)) throw wrong('a number in it has more digits than can be kept: write the value as a text')
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong('it is no object')
  const { key = null, value, partition, timestamp, headers = [], ...others } = given as Record<string, unknown>
  const [unknown] = Object.keys(others).filter((name) => !['topic', 'offset', 'timestampType', 'leaderEpoch'].includes(name))
  if (unknown !== undefined) throw wrong(`${unknown} is nothing that a record has`)
  if (value === undefined) throw wrong('value is missing; null is a tombstone')
  for (const [name, number_] of Object.entries({ partition, timestamp }))
    if (number_ !== undefined && !Number.isSafeInteger(number_)) throw wrong(`${name} is no whole number`)
  return {
    topic,
    key: bytesOf(key, wrong),
    value: bytesOf(value, wrong),
    partition: partition as number | undefined,
    timestamp: timestamp as number | undefined,
    headers: headersOf(headers, wrong),
  }
}

function headersOf(given: unknown, wrong: (why: string) => UsageError) {
  if (Array.isArray(given)) {
    return given.map((each) => {
      const { key, value = null } = (each ?? {}) as { key?: unknown; value?: unknown }
      if (typeof key !== 'string') throw wrong('a header has no key')
      return { key, value: bytesOf(value, wrong) }
    })
  }
  if (typeof given !== 'object' || given === null) throw wrong('headers is neither an object nor a list')
  return Object.entries(given).map(([key, value]) => ({ key, value: bytesOf(value, wrong) }))
}

function bytesOf(value: unknown, wrong: (why: string) => UsageError): Uint8Array | null {
  if (value === null) return null
  if (typeof value === 'string') return Buffer.from(value)
  if (isBinary(value)) {
    if (!BASE64.test(value.base64)) throw wrong(`${value.base64} is no base64`)
    return Buffer.from(value.base64, 'base64')
  }
  return Buffer.from(JSON.stringify(value))
}

function isBinary(value: unknown): value is Binary {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).join() === 'base64' &&
    typeof (value as Binary).base64 === 'string'
  )
}
