// A program with an idempotent producer: whatever happens to the brokers, each of its records is there once, in order, and what it was told holds.

import { type ClientError, Producer, type ProducerConfig } from '../../../src/client/index.ts'
import type { SeededRandom } from '../../../src/platform/sim/random.ts'
import type { SeenRecord } from '../../support/kafka-client.ts'
import type { ClientWorld } from '../clients.ts'
import { violated } from '../history.ts'
import { type Life, Program } from './program.ts'

const MOST_UNDER_WAY = 30
const REQUEST_TIMEOUT_MS = 3000
/** So long that nothing may fail; and so short that much does. */
const NEVER_MS = 1_000_000
const SOON_MS = 5000

interface Sending {
  readonly prefix: string
  sent: number
  /** All of them were acknowledged, and the producer was closed. */
  isComplete: boolean
}

export class SendingProgram extends Program {
  readonly #place: Pick<ClientWorld, 'onPromise' | 'history'>
  readonly #servers: readonly string[]
  readonly #options
  /** Of each life. */
  readonly #sendings: Sending[] = []
  lastSuccess = -1

  constructor(name: string, servers: readonly string[], place: ClientWorld) {
    super(name, place.world)
    this.#place = place
    this.#servers = servers
    this.#options = optionsOf(this.random)
  }

  protected async work(life: Life): Promise<void> {
    const sending: Sending = { prefix: `${this.name}.${life.number}/`, sent: 0, isComplete: false }
    this.#sendings.push(sending)
    const producer = new Producer({ bootstrapServers: this.#servers, platform: life.process.platform, ...this.#options })
    const underWay = new Set<Promise<void>>()
    let failures = 0
    while (!life.isEnding) {
      const burst = 1 + this.random.below(6)
      for (let i = 0; i < burst && underWay.size < MOST_UNDER_WAY; i++) {
        const sent = this.#send(producer, sending)
          .then((isThere) => void (failures += isThere ? 0 : 1))
          .catch((thrown) => this.fail(thrown))
        underWay.add(sent)
        void sent.finally(() => underWay.delete(sent))
      }
      if (this.random.chance(0.2)) await Promise.all(underWay)
      else await life.sleep(this.random.next() * 2500)
    }
    await producer.close()
    if (underWay.size > 0) violated(`close() has resolved, and ${underWay.size} records are neither acknowledged nor failed`)
    sending.isComplete = failures === 0
  }

  /** False where it has failed as it may. */
  async #send(producer: Producer, sending: Sending): Promise<boolean> {
    const { history } = this.#place
    const value = `${sending.prefix}${sending.sent++}`
    const startedAt = this.now
    // Without a partition the producer spreads them itself.
    const wanted = this.random.chance(0.7) ? this.random.below(history.partitions.length) : null
    try {
      const record = { topic: history.topic, value, ...(wanted === null ? {} : { partition: wanted }) }
      const { partition, offset } = await producer.send(record)
      this.note(`${value} at ${partition}/${offset}`)
      if (wanted !== null && partition !== wanted) violated(`${value} was sent to ${wanted} and lies in ${partition}`)
      history.partitions[partition]!.acknowledge(value, offset)
      this.lastSuccess = Math.max(this.lastSuccess, startedAt)
      this.#place.onPromise(this.name)
      return true
    } catch (thrown) {
      const { code, message } = thrown as ClientError
      if (code !== 'DELIVERY_TIMED_OUT' || this.#options.deliveryTimeoutMs === NEVER_MS) throw thrown
      this.note(`${value}: ${message}`)
      this.saw('a record was not delivered in time')
      return false
    }
  }

  /** All that lies in the topic, by partition: of each life every record at most once, in its order, and all where nothing failed. */
  check(partitions: readonly (readonly SeenRecord[])[]): void {
    for (const sending of this.#sendings) checkSending(sending, partitions)
  }
}

/** Throws what is wrong with the records of one life, where these are all there are, by partition. */
export function checkSending({ prefix, sent, isComplete }: Sending, partitions: readonly (readonly SeenRecord[])[]): void {
  const found = new Set<number>()
  for (const [partition, records] of partitions.entries()) {
    let last = -1
    for (const { offset, value } of records) {
      if (!value?.startsWith(prefix)) continue
      const number = Number(value.slice(prefix.length))
      if (number >= sent) violated(`${value} at ${partition}/${offset} was never sent`)
      if (found.has(number)) violated(`${value} is there again, at ${partition}/${offset}`)
      if (number < last) violated(`${value} lies at ${partition}/${offset}, behind ${prefix}${last}`)
      found.add(number)
      last = number
    }
  }
  if (isComplete && found.size < sent)
    violated(`of ${sent} records of ${prefix} only ${found.size} are there, and none has failed`)
}

type Options = Omit<ProducerConfig<string | null, string | null>, 'bootstrapServers' | 'platform'>

/** The same for all lives of one program. */
function optionsOf(random: SeededRandom) {
  return {
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    deliveryTimeoutMs: random.pick([NEVER_MS, NEVER_MS, SOON_MS]),
    maxBlockMs: NEVER_MS,
    socketConnectionSetupTimeoutMs: 2000,
    maxInFlightRequestsPerConnection: random.pick([1, 5, 5]),
    batchSize: random.pick([0, 100, 16_384]),
    compressionType: random.pick(['none', 'none', 'gzip', 'lz4'] as const),
    metadataMaxAgeMs: random.pick([2000, 300_000]),
    ...(random.chance(0.5) ? {} : { lingerMs: random.pick([0, 50]) }),
  } satisfies Options
}
