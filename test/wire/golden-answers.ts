// From what came over the wire to what is compared.

import { ByteReader } from '../../src/base/bytes.ts'
import { api, apiByKey } from '../../src/protocol/api.ts'
import { readResponseHeader } from '../../src/protocol/header.ts'
import { codec } from '../../src/protocol/schema.ts'
import { factsOf, inVersion } from './golden-facts.ts'
import type { Asked, Told } from './golden-line.ts'
import type { Answer, CallMasks, GoldenCase, RawMasks } from './golden-tape.ts'

/** The answer to one request. */
export function answerOf({ api: name, version }: GoldenCase, told: Told, masks: CallMasks): Answer {
  if (told === 'closed') return { outcome: 'closed', closed: true }
  if (told === 'nothing') return { outcome: 'no-response', closed: false }
  return { outcome: 'response', closed: false, facts: factsOf(bodyOf(told, named(name!, masks.version ?? version)), masks) }
}

/** All answers to bare bytes, and whether the broker closed the connection. */
export function rawAnswerOf(one: GoldenCase, told: readonly Told[], isClosed: boolean, masks: RawMasks): Answer {
  const frames = told.filter((each): each is Buffer => each instanceof Buffer)
  const closed = isClosed || told.includes('closed')
  if (frames.length === 0) return { outcome: closed ? 'closed' : 'no-response', closed }
  const outcome = closed ? 'response+closed' : 'response'
  if (one.api === null) return { outcome, closed }
  const bodies = frames.map((frame, index) => {
    const [name, version] = masks.decode?.[index] ?? [one.api!, one.version]
    return { correlationId: frame.readInt32BE(0), body: bodyOf(frame, named(name, version)) }
  })
  return { outcome, closed, facts: factsOf(bodies, { drop: masks.drop ?? [], vol: masks.vol ?? [] }) }
}

/** The decoded answer, with the fields of its version. */
export function bodyOf(frame: Buffer, { apiKey, version }: Asked): object {
  const from = new ByteReader(frame)
  readResponseHeader(from, apiKey, version)
  const { response } = apiByKey(apiKey)!
  return inVersion(response.fields, version, codec(response, version).read(from))
}

function named(name: string, version: number): Asked {
  return { apiKey: api(name as Parameters<typeof api>[0]).key, version }
}
