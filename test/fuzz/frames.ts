// The frames of a campaign: case number N of seed S is always the same bytes. Most begin as a valid request of some API and version and are
// then made wrong where it matters: in a length, a count, a number, a tag, the header.

import { ByteWriter } from '../../src/base/bytes.ts'
import type { Api } from '../../src/protocol/api.ts'
import { codec } from '../../src/protocol/codec.ts'
import { writeRequestHeader } from '../../src/protocol/header.ts'
import { ProduceRequest } from '../../src/protocol/messages/produce.ts'
import { type Plan, planOf } from '../../src/protocol/plan.ts'
import { goldenConversations } from '../wire/golden.ts'
import type { Chance } from '../wire/random-value.ts'
import { mostWeightOf } from './bounds.ts'
import { chanceOf, damaged, once, weighted } from './chances.ts'
import { batchCase } from './record-batches.ts'
import { requestBody } from './values.ts'
import { TOPICS } from './world.ts'

/** What a struct or a text weighs in a list (`protocol/plan.ts`). */
const ITEM_WEIGHT = 4

export interface FrameCase {
  /** What it began as. */
  readonly api: Api | null
  readonly how: string
  /** Without its length. */
  readonly frame: Uint8Array
  /** What stands in front of the frame, if that is not its length. */
  readonly announced?: number
}

export class FrameMaker {
  readonly #seed: number
  readonly #apis: readonly Api[]
  readonly #recorded: readonly Uint8Array[]
  readonly #plans = new Map<number, Plan>()

  /** `served` are the APIs to try. */
  constructor(seed: number, served: readonly Api[]) {
    this.#seed = seed
    this.#apis = served
    const keys = new Set(served.map(({ key }) => key))
    this.#recorded = goldenConversations()
      .filter(({ apiKey, request }) => request !== null && request.length < 100_000 && keys.has(apiKey))
      .map(({ request }) => request!)
  }

  frame(index: number): FrameCase {
    const chance = chanceOf(this.#seed, 'frame', index)
    return weighted<(chance: Chance, index: number) => FrameCase>(chance, [
      [15, (c, i) => ({ ...this.#valid(c, i), how: 'a valid request' })],
      [40, (c, i) => this.#wrongField(c, i)],
      [12, (c, i) => this.#damagedValid(c, i)],
      [14, (c) => this.#damagedRecorded(c)],
      [6, (c, i) => this.#wrongHeader(c, i)],
      [6, (c, i) => ({ ...this.#valid(c, i), frame: this.#spliced(c, i), how: 'two requests in one' })],
      [3, (c, i) => ({ ...this.#valid(c, i), announced: wrongLength(c), how: 'a wrong length in front' })],
      [3, (c) => ({ api: null, frame: c.bytes(c.below(300)), how: 'noise' })],
      [0.1, (c, i) => ({ ...this.#valid(c, i, 1000 * 2 ** c.below(5)), how: 'a valid request with a long list' })],
    ])(chance, index)
  }

  /** A Produce request with batch number `index`. */
  batch(index: number): FrameCase & { readonly records: Uint8Array } {
    const chance = chanceOf(this.#seed, 'batch', index)
    const { bytes, how } = batchCase(chance)
    const version = 3 + chance.below(10)
    const to = new ByteWriter()
    writeRequestHeader(to, { apiKey: 0, apiVersion: version, correlationId: index, clientId: 'test' })
    codec(ProduceRequest, version).write(to, {
      transactionalId: null,
      acks: chance.oneOf([-1, 1]),
      timeoutMs: 1000,
      topicData: [{ name: chance.oneOf(TOPICS), partitionData: [{ index: chance.below(2), records: bytes }] }],
    })
    return { api: this.#apis.find(({ key }) => key === 0)!, frame: Buffer.from(to.toBytes()), how, records: bytes }
  }

  #valid(chance: Chance, index: number, many = 0): FrameCase & { readonly marks: readonly Mark[] } {
    const api = chance.oneOf(this.#apis)
    const { min, max } = api.served
    const version = min + chance.below(max - min + 1)
    const to = new MarkingWriter()
    writeRequestHeader(to, { apiKey: api.key, apiVersion: version, correlationId: index, clientId: 'test' })
    // Half of what may be sent: one list is long, and others stand in its items.
    const most = Math.floor(mostWeightOf(api) / ITEM_WEIGHT / 2)
    const body = requestBody(this.#planOf(api, version), chance, { items: many > 0 ? 1 : 2, many: Math.min(many, most) })
    codec(api.request, version).write(to, body)
    return { api, how: 'a valid request', frame: Buffer.from(to.toBytes()), marks: to.marks }
  }

  #planOf(api: Api, version: number): Plan {
    const key = api.key * 100 + version
    let plan = this.#plans.get(key)
    if (!plan) this.#plans.set(key, (plan = planOf(api.request, version)))
    return plan
  }

  #wrongField(chance: Chance, index: number): FrameCase {
    const { marks, ...valid } = this.#valid(chance, index)
    const bytes = Buffer.from(valid.frame)
    // The first four fields are the header's.
    const body = marks.slice(4)
    if (body.length === 0) return valid
    for (let times = 1 + chance.below(3); times > 0; times--) {
      const { at, size, isVarint } = chance.oneOf(body)
      if (at + size > bytes.length) continue
      if (isVarint) return { ...valid, frame: withVarint(bytes, at, size, chance), how: 'a wrong length or tag' }
      writeNumber(bytes, at, size, chance)
    }
    return { ...valid, frame: bytes, how: 'a wrong number' }
  }

  #damagedValid(chance: Chance, index: number): FrameCase {
    const { api, frame } = this.#valid(chance, index)
    return { api, how: 'a damaged request', frame: damagedBody(frame, chance) }
  }

  #damagedRecorded(chance: Chance): FrameCase {
    const frame = chance.oneOf(this.#recorded)
    const api = this.#apis.find(({ key }) => key === (frame[0]! << 8) + frame[1]!) ?? null
    return { api, how: 'a damaged recording', frame: damagedBody(frame, chance) }
  }

  #wrongHeader(chance: Chance, index: number): FrameCase {
    const { api, frame } = this.#valid(chance, index)
    const bytes = Buffer.from(frame)
    if (once(chance, 2)) bytes.writeInt16BE(chance.oneOf([-1, 0x7fff, -0x8000, chance.below(20), chance.below(100)]), 2)
    else bytes.set(chance.bytes(1 + chance.below(3)), chance.below(10))
    return { api, how: 'a wrong header', frame: bytes }
  }

  #spliced(chance: Chance, index: number): Uint8Array {
    const first = this.#valid(chance, index).frame
    const second = once(chance, 2) ? chance.oneOf(this.#recorded) : this.#valid(chance, index).frame
    return Buffer.concat([first.subarray(0, chance.below(first.length)), second.subarray(chance.below(second.length))])
  }
}

/** A header that is right most of the time lets the body be tried. */
function damagedBody(frame: Uint8Array, chance: Chance): Uint8Array {
  const header = once(chance, 8) ? 0 : Math.min(frame.length, 14)
  return Buffer.concat([frame.subarray(0, header), damaged(frame.subarray(header), chance)])
}

function wrongLength(chance: Chance): number {
  return chance.oneOf([-1, -0x80000000, 0, 1, 4, 8, 0x7fffffff, 104_857_600, 104_857_601, 100_000, chance.below(200), 0x47455420])
}

const NUMBERS = [0n, 1n, -1n, 2n, -2n, 127n, 255n, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n, 2n ** 63n - 1n, 2n ** 63n]

function writeNumber(bytes: Buffer, at: number, size: number, chance: Chance): void {
  let value = once(chance, 3) ? BigInt(chance.below(2 ** 31)) : chance.oneOf(NUMBERS)
  for (let i = size - 1; i >= 0; i--, value >>= 8n) bytes[at + i] = Number(BigInt.asUintN(8, value))
}

const VARINTS = [
  '00',
  '01',
  '02',
  '03',
  '05',
  '7f',
  '8001',
  'ff7f',
  'ffffff7f',
  'ffffffff07',
  'ffffffff0f',
  'ffffffffff',
  'ffffffff1f',
  '8000',
]

function withVarint(bytes: Buffer, at: number, size: number, chance: Chance): Buffer {
  const written = Buffer.from(chance.oneOf(VARINTS), 'hex')
  const more = once(chance, 4) ? chance.bytes(chance.below(12)) : Buffer.alloc(0)
  return Buffer.concat([bytes.subarray(0, at), written, more, bytes.subarray(at + size)])
}

interface Mark {
  readonly at: number
  readonly size: number
  readonly isVarint: boolean
}

/** Remembers where each number was written. */
class MarkingWriter extends ByteWriter {
  readonly marks: Mark[] = []

  #mark(size: number, isVarint = false): void {
    this.marks.push({ at: this.size, size, isVarint })
  }

  override bool(value: boolean): void {
    this.#mark(1)
    super.bool(value)
  }

  override int8(value: number): void {
    this.#mark(1)
    super.int8(value)
  }

  override int16(value: number): void {
    this.#mark(2)
    super.int16(value)
  }

  override int32(value: number): void {
    this.#mark(4)
    super.int32(value)
  }

  override int64(value: number): void {
    this.#mark(8)
    super.int64(value)
  }

  override exactInt64(value: bigint): void {
    this.#mark(8)
    super.exactInt64(value)
  }

  override uvarint(value: number): void {
    const at = this.size
    super.uvarint(value)
    this.marks.push({ at, size: this.size - at, isVarint: true })
  }
}
