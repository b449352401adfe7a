// A broker under fire: inputs go to it over many connections while a bystander works, and what it did wrong is told.

import { lookup } from 'node:dns/promises'
import { apiByKey, type apis } from '../../src/protocol/api.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import { addressOf, EARLIEST, KafkaClient, LATEST } from '../support/kafka-client.ts'
import type { Report } from './broker-child.ts'
import type { Input } from './corpus.ts'
import { due } from './judge.ts'
import { Lane, type Verdict } from './lane.ts'
import { Target } from './target.ts'
import { BYSTANDER, inWorld, makeWorld, TOPICS, type World } from './world.ts'

const LANES = 48
/** An event loop that stands still for longer keeps everybody waiting. */
const MAX_STALL_MS = 50
/** 256 MiB of disk, the frames and answers under way, Node itself. */
const MAX_RSS = 1 << 30
/** After a broker was closed nothing of it may stay. */
const MAX_LEFT_HEAP = 160 << 20

/** Every API that this broker serves. */
export async function servedApis(): Promise<(typeof apis)[number][]> {
  const target = Target.open()
  try {
    const client = await KafkaClient.connect(await target.start())
    const { apiKeys } = await client.call(ApiVersionsRequest, ApiVersionsResponse, 3, {
      clientSoftwareName: 'fuzz',
      clientSoftwareVersion: '1',
    })
    client.close()
    return apiKeys.map(({ apiKey }) => apiByKey(apiKey)!)
  } finally {
    await target.kill()
  }
}

export class Fire {
  readonly target: Target
  readonly #served: ReadonlySet<number>
  readonly #bootstrap: string
  readonly #world: World
  readonly #lanes: readonly Lane[]
  readonly #bystander: KafkaClient
  #told = 0

  private constructor(
    target: Target,
    served: ReadonlySet<number>,
    bootstrap: string,
    address: string,
    world: World,
    bystander: KafkaClient,
  ) {
    this.target = target
    this.#served = served
    this.#bootstrap = bootstrap
    this.#world = world
    this.#bystander = bystander
    const { port } = addressOf(bootstrap)
    this.#lanes = Array.from({ length: LANES }, () => new Lane(address, port))
  }

  /** A new broker in the target's process, which has none. */
  static async open(target: Target, served: ReadonlySet<number>): Promise<Fire> {
    const bootstrap = await target.start()
    const world = await makeWorld(bootstrap)
    await target.report() // what the start cost is not the frames' doing
    const { address } = await lookup('localhost')
    return new Fire(target, served, bootstrap, address, world, await KafkaClient.connect(bootstrap))
  }

  /** Tries all inputs over so many connections; `onVerdict` hears of each. */
  async shoot<T extends Input>(
    inputs: readonly T[],
    onVerdict: (input: T, verdict: Verdict) => void,
    lanes = LANES,
  ): Promise<void> {
    let next = 0
    await Promise.all(
      this.#lanes.slice(0, lanes).map(async (lane) => {
        while (next < inputs.length) {
          const input = inputs[next++]!
          const bytes = inWorld(input.bytes, this.#world)
          onVerdict(input, await (input.kind === 'raw' ? lane.tryRaw(bytes) : lane.try(bytes, due(bytes, this.#served))))
        }
      }),
    )
  }

  /** What the process noticed since the last call, as sentences. */
  async complaints(): Promise<string[]> {
    const { troubles, stallMs, rssBytes }: Report = await this.target.report()
    return [
      ...troubles,
      ...(stallMs > MAX_STALL_MS ? [`the event loop stood still for ${Math.round(stallMs)} ms`] : []),
      ...(rssBytes > MAX_RSS ? [`the process takes ${rssBytes >> 20} MiB`] : []),
    ]
  }

  /** A client that has nothing to do with it produces and reads; throws if it is harmed. */
  async bystand(): Promise<void> {
    const text = `told ${this.#told}`
    const offset = await this.#bystander.produce(BYSTANDER, [text])
    const seen = await this.#bystander.readAll(BYSTANDER, { from: offset })
    if (offset !== this.#told || seen.length !== 1 || seen[0]!.value !== text)
      throw new Error(`a bystander was harmed: record ${this.#told} is at ${offset}, read as ${JSON.stringify(seen)}`)
    this.#told++
  }

  /** Everything that was accepted can be read by a consumer. Gives how many records there were. */
  async readAll(): Promise<number> {
    const client = await KafkaClient.connect(this.#bootstrap)
    let records = 0
    try {
      for (const topic of TOPICS)
        for (const partition of [0, 1]) {
          const start = await client.listOffset(topic, EARLIEST, partition).catch(() => null)
          if (start === null) continue // deleted by a frame
          const end = await client.offset(topic, LATEST, partition)
          for (let at = start.offset; at < end; ) {
            const { records: bytes, errorCode } = await client.fetch(topic, partition, at)
            if (errorCode !== 0) throw new Error(`reading ${topic}-${partition} at ${at} failed with error ${errorCode}`)
            const from = at
            for (const batch of batches(bytes ?? new Uint8Array(0))) {
              if (!batch.checksumMatches()) throw new Error(`a batch of ${topic}-${partition} at ${batch.baseOffset} is damaged`)
              for (const _ of batch.records()) records++
              at = batch.nextOffset
            }
            if (at <= from) throw new Error(`${topic}-${partition} gives nothing at ${at}, and ends at ${end}`)
          }
        }
      return records
    } finally {
      client.close()
    }
  }

  /** Closes the broker; gives what is wrong with what it leaves behind. */
  async close(): Promise<string | null> {
    for (const lane of this.#lanes) lane.drop()
    this.#bystander.close()
    const { heapUsed, external } = await this.target.stop()
    const left = heapUsed + external
    return left > MAX_LEFT_HEAP ? `${left >> 20} MiB are still in use after the broker was closed` : null
  }
}
