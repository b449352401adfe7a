// Everything that went over the wire while the corpus of recorded exchanges ran on Apache Kafka 4.2.0, and what was to be compared.
// test/interop/golden/record.mjs makes it.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Fields that are left out, hidden or shown though they are usually hidden; see golden-facts.ts. */
export interface Masks {
  readonly drop?: readonly string[]
  readonly vol?: readonly string[]
  readonly keep?: readonly string[]
}

/** Of a request's answer: where it is of another version than the request. */
export type CallMasks = Masks & { readonly version?: number }

/** Of answers to bare bytes: API and version of each that are not the case's own. */
export type RawMasks = Masks & { readonly decode?: readonly (readonly [string, number])[] }

/** One thing that happened. Connections have numbers; bytes are base64, those of answers without their length. */
export type Entry =
  | readonly ['open', connection: number]
  /** So many milliseconds after the beginning. */
  | readonly ['send', connection: number, bytes: string, atMs: number]
  /** No more is sent, answers are still read. */
  | readonly ['end', connection: number]
  | readonly ['destroy', connection: number]
  /** An answer, or `closed`, or `nothing` for as long as somebody waited. */
  | readonly ['got', connection: number, told: string, timeoutMs: number]
  /** A case is complete: its answer is that of the entry `got`. */
  | readonly ['call', id: string, got: number, masks: CallMasks]
  /** A case of bare bytes is complete, with the answers of these entries. */
  | readonly ['raw', id: string, connection: number, got: readonly number[], masks: RawMasks]

export interface Answer {
  /** response, closed, response+closed, or no-response. */
  readonly outcome: string
  readonly closed: boolean
  /** The decoded answer without what differs from run to run. */
  readonly facts?: unknown
}

export interface GoldenCase extends Answer {
  readonly id: string
  readonly api: string | null
  readonly version: number
  readonly vary?: boolean
}

export interface Tape {
  /** Milliseconds since 1970: some requests hold the time. */
  readonly startedAt: number
  readonly tape: readonly Entry[]
  readonly cases: readonly GoldenCase[]
}

export function goldenTape(): Tape {
  return JSON.parse(gunzipSync(readFileSync('test/data/golden-tape.json.gz')).toString())
}
