// One filling of a disk: written to until records are refused, looked at while it is full, freed, and looked at again.

import type { Broker } from '../../../src/broker/broker.ts'
import type { Facts, Logger } from '../../../src/platform/logger.ts'
import { errorCode, errorName } from '../../../src/protocol/errors.ts'
import { committedOffsets, findCoordinator, GroupMember } from '../../support/group-member.ts'
import { batchOf, KafkaClient, type SeenRecord } from '../../support/kafka-client.ts'
import type { Place } from './place.ts'

const STORAGE_ERROR = errorCode('KAFKA_STORAGE_ERROR')
const TOPICS = ['log', 'table'] as const
const REFUSALS = 20
const COMMITS = 100
const RETURN_MS = 20_000
const KEYS = 20
const FIRST_LEFT = 40_000_000
/** A little less than what the broker keeps for itself. */
const LEFT = 3_000_000

/** How room is made again. */
export const WAYS = ['others delete their files', 'a topic is deleted', 'retention is lowered'] as const
export type Way = (typeof WAYS)[number]

export interface Filled {
  readonly acknowledged: number
  readonly refused: number
  readonly commits: number
  readonly returnMs: number
  /** Records that the cleaner took away by the time the disk was full. */
  readonly compacted: number
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Throws an Error that says what is not as it has to be. */
export class Fill {
  readonly #place: Place
  readonly #recordBytes: number
  readonly #way: Way
  /** Value by topic and offset: what was acknowledged by all. */
  readonly #acknowledged = new Map<(typeof TOPICS)[number], Map<number, string>>(TOPICS.map((topic) => [topic, new Map()]))
  readonly #lines: string[] = []
  #compacted = 0
  #broker!: Broker
  #client!: KafkaClient
  #commits = 0

  constructor(place: Place, recordBytes: number, way: Way) {
    this.#place = place
    this.#recordBytes = recordBytes
    this.#way = way
  }

  async run(): Promise<Filled> {
    await this.#open()
    try {
      await this.#prepare()
      const refusedAt = await this.#untilRefused()
      await this.#whileFull()
      await this.#restartWhileFull()
      await this.#whileFull()
      this.#compacted = this.#acknowledged.get('table')!.size - (await this.#client.readAll('table')).length
      await this.#place.clear()
      if (this.#way === 'a topic is deleted') await this.#client.deleteTopic('victim')
      if (this.#way === 'retention is lowered') await this.#client.alterConfigs('topic', 'victim', { 'retention.bytes': '1' })
      const returnMs = await this.#untilTaken()
      await this.#compare('after room came back')
      await this.#close()
      await this.#open()
      await this.#compare('after a restart')
      await this.#send('log')
      return {
        acknowledged: [...this.#acknowledged.values()].reduce((sum, { size }) => sum + size, 0),
        refused: refusedAt,
        commits: this.#commits,
        returnMs,
        compacted: this.#compacted,
      }
    } finally {
      await this.#close()
    }
  }

  async #open(): Promise<void> {
    const keep = (message: string, facts?: Facts) => {
      this.#lines.push(`${message} ${JSON.stringify(facts)}`)
    }
    const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep }
    this.#broker = await this.#place.start(logger)
    this.#client = await KafkaClient.connect(this.#broker.bootstrapServers)
  }

  async #close(): Promise<void> {
    this.#client.close()
    await this.#broker.close()
  }

  /** What the broker said last. */
  get lines(): readonly string[] {
    return this.#lines.slice(-15)
  }

  async #prepare(): Promise<void> {
    const small = { 'segment.bytes': String(1 << 20), 'max.message.bytes': String(4 << 20) }
    await this.#client.createTopic('log', { configs: small })
    await this.#client.createTopic('victim', { configs: small })
    await this.#client.createTopic('table', {
      configs: { ...small, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01' },
    })
    await findCoordinator(this.#client, 'readers')
    for (let i = 0; i < 10; i++) await this.#client.send('victim', 0, batchOf(['v'.repeat(1_000_000)]))
    await this.#place.crowd(FIRST_LEFT) // so that there is something that others can give back
  }

  /** What the answer to one more record says; noted where it is acknowledged. */
  async #send(topic: (typeof TOPICS)[number]): Promise<number> {
    const known = this.#acknowledged.get(topic)!
    const value = `${known.size} ${'x'.repeat(this.#recordBytes)}`
    const { errorCode: code, baseOffset } = await this.#client.send(topic, 0, batchOf([{ key: `k${known.size % KEYS}`, value }]))
    if (code === 0) known.set(baseOffset, value)
    return code
  }

  async #untilRefused(): Promise<number> {
    for (let i = 0; i < 200_000; i++) {
      const code = await this.#send(i % 3 === 0 ? 'table' : 'log')
      if (code === STORAGE_ERROR) return this.#refusals()
      if (code !== 0) throw new Error(`a record was answered with ${errorName(code)} before the disk was full`)
    }
    throw new Error('the disk never got full')
  }

  async #refusals(): Promise<number> {
    let refused = 0
    for (let i = 0; i < REFUSALS; i++) {
      const code = await this.#send('log')
      if (code === STORAGE_ERROR) refused++
      else if (code !== 0) throw new Error(`on a full disk a record was answered with ${errorName(code)}`)
    }
    return refused
  }

  // The cleaner and retention make room all the time; somebody else takes it.
  async #whileFull(): Promise<void> {
    for (let i = 0; (await this.#refusals()) < REFUSALS; i++) {
      if (i === 20) throw new Error('records are taken although the disk is full')
      await this.#place.crowd(LEFT)
      await sleep(1200) // the broker looks at the disk once a second; that others take all of its reserve between two looks, nobody promised
      await this.#send('log') // it looks when it is asked for room
      await sleep(200)
    }
    await this.#compare('on a full disk')
    const member = new GroupMember(this.#client, 'readers')
    for (let i = 0; i < COMMITS; i++) {
      const said = await member.commit('log', ++this.#commits)
      if (said !== 'NONE') throw new Error(`on a full disk a commit of offsets was answered with ${said}`)
    }
    await sleep(500) // the cleaner and retention come by
  }

  async #restartWhileFull(): Promise<void> {
    await this.#close()
    await this.#open()
    await this.#compare('after a restart on a full disk')
  }

  async #untilTaken(): Promise<number> {
    const began = performance.now()
    for (;;) {
      const code = await this.#send('log')
      if (code === 0) return performance.now() - began
      if (code !== STORAGE_ERROR) throw new Error(`with room again a record was answered with ${errorName(code)}`)
      if (performance.now() - began > RETURN_MS) throw new Error(`there is room, but records are refused for ${RETURN_MS} ms`)
      await sleep(50)
    }
  }

  async #compare(when: string): Promise<void> {
    const log = byOffset(await this.#client.readAll('log'))
    for (const [offset, value] of this.#acknowledged.get('log')!)
      if (log.get(offset) !== value) throw new Error(`${when} record ${offset} of log is lost`)
    const table = byOffset(await this.#client.readAll('table'))
    const last = new Map<number, number>()
    for (const [at, offset] of [...this.#acknowledged.get('table')!.keys()].entries()) last.set(at % KEYS, offset)
    for (const offset of last.values())
      if (table.get(offset) !== this.#acknowledged.get('table')!.get(offset))
        throw new Error(`${when} record ${offset} of table, the last of its key, is lost`)
    const { 'log-0': committed = 0 } = await committedOffsets(this.#client, 'readers')
    if (committed !== this.#commits) throw new Error(`${when} the group stands at ${committed}, not at ${this.#commits}`)
  }
}

function byOffset(records: readonly SeenRecord[]): Map<number, string | null> {
  return new Map(records.map(({ offset, value }) => [offset, value]))
}
