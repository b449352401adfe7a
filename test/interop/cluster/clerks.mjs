/** A KafkaJS producer and a KafkaJS group that never rest, and what they were told. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'

const { Kafka, logLevel } = createRequire(join(projectDir, 'package.json'))('kafkajs')
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

export const kafkaAt = (bootstrap, clientId = 'judge') =>
  new Kafka({
    brokers: bootstrap.split(','),
    clientId,
    logLevel: logLevel.NOTHING,
    // Pauses would double until nobody could tell whose gap it is.
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 60 },
  })

/** Makes the topic, and begins. `acked`: value -> true of all that was acknowledged; `seen`: of all that the group was given. */
export class Clerks {
  acked = new Set()
  seen = new Set()
  /** By partition, when the last acknowledgement came. */
  lastAck = new Map()
  refused = []
  #isOver = false
  #longestGap = 0
  #lastAckAt = performance.now()
  #work = []

  static async begin(bootstrap, { topic, partitions = 6, groupId = 'clerks', members = 2, topicConfig = {} }) {
    const clerks = new Clerks()
    Object.assign(clerks, { bootstrap, topic, partitions, groupId })
    const kafka = kafkaAt(bootstrap)
    clerks.admin = kafka.admin()
    await clerks.admin.connect()
    await clerks.admin.createTopics({ topics: [{ topic, numPartitions: partitions, ...topicConfig }], waitForLeaders: true })
    clerks.consumers = []
    for (let i = 0; i < members; i++) clerks.consumers.push(await clerks.#consume(kafkaAt(bootstrap, `member-${i}`)))
    clerks.producer = kafka.producer()
    await clerks.producer.connect()
    clerks.#work.push(clerks.#produce())
    return clerks
  }

  async #consume(kafka) {
    const consumer = kafka.consumer({
      groupId: this.groupId,
      sessionTimeout: 10_000,
      retry: { retries: 100, maxRetryTime: 2000 },
    })
    await consumer.connect()
    await consumer.subscribe({ topic: this.topic, fromBeginning: true })
    await consumer.run({
      autoCommitInterval: 500,
      eachMessage: async ({ message }) => void this.seen.add(message.value.toString()),
    })
    return consumer
  }

  async #produce() {
    for (let number = 0; !this.#isOver; number++) {
      const value = `${number}`
      const partition = number % this.partitions
      try {
        await this.producer.send({ topic: this.topic, acks: -1, messages: [{ partition, value }] })
        const now = performance.now()
        this.#longestGap = Math.max(this.#longestGap, now - this.#lastAckAt)
        this.#lastAckAt = now
        this.acked.add(value)
        this.lastAck.set(partition, now)
      } catch (error) {
        this.refused.push(error.message)
      }
      await sleep(2)
    }
  }

  /** The longest time between two acknowledgements since the last question, in milliseconds. */
  takeLongestGap() {
    const gap = Math.max(this.#longestGap, performance.now() - this.#lastAckAt)
    this.#longestGap = 0
    return Math.round(gap)
  }

  /** Waits until every partition takes records, and the group is given some, that were sent after now. */
  async goOn(ms = 60_000) {
    const from = performance.now()
    const before = this.seen.size
    const waits = () => {
      const deaf = Array.from({ length: this.partitions }, (_, at) => at).filter((at) => !(this.lastAck.get(at) > from))
      if (deaf.length > 0) return `partitions ${deaf} take nothing (last refusal: ${this.refused.at(-1) ?? 'none'})`
      return this.seen.size > before + 20 ? null : 'the group is given nothing'
    }
    while (waits() !== null) {
      if (performance.now() > from + ms) throw new Error(`not within ${ms / 1000} s: ${waits()}`)
      await sleep(20)
    }
  }

  /** Who leads partition 0 of the topic. */
  async leader() {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [this.topic] })
    return topics[0].partitions.find(({ partitionId }) => partitionId === 0).leader
  }

  /** Waits until so many replicas of each partition are in sync. */
  async untilInSync(count, ms = 60_000) {
    const deadline = performance.now() + ms
    for (;;) {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [this.topic] })
      const all = topics[0].partitions.map(({ isr }) => isr.length)
      if (all.every((size) => size === count)) return
      if (performance.now() > deadline) throw new Error(`in sync: ${all}, and not ${count} each`)
      await sleep(100)
    }
  }

  /** Ends the producer; the group gets the rest. Gives what was acknowledged and never given to it. */
  async finish(ms = 60_000) {
    this.#isOver = true
    await Promise.all(this.#work)
    const deadline = performance.now() + ms
    const missing = () => [...this.acked].filter((value) => !this.seen.has(value))
    while (missing().length > 0 && performance.now() < deadline) await sleep(100)
    return missing()
  }

  /** Gives the group's committed offsets and the topic's ends, by partition. */
  async offsets() {
    const [{ partitions }] = await this.admin.fetchOffsets({ groupId: this.groupId, topics: [this.topic] })
    const ends = await this.admin.fetchTopicOffsets(this.topic)
    const byPartition = (all, key) => Object.fromEntries(all.map((each) => [each.partition, Number(each[key])]))
    return { committed: byPartition(partitions, 'offset'), ends: byPartition(ends, 'high') }
  }

  async close() {
    this.#isOver = true
    await Promise.allSettled([...this.#work, ...this.consumers.map((each) => each.disconnect())])
    await Promise.allSettled([this.producer.disconnect(), this.admin.disconnect()])
  }
}

/** All values of a topic, by partition, in order, as a new consumer reads them. */
export async function readAll(bootstrap, topic, ms = 60_000) {
  const kafka = kafkaAt(bootstrap, 'auditor')
  const admin = kafka.admin()
  await admin.connect()
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)])
  await admin.disconnect()
  const found = new Map(ends.map(([partition]) => [partition, []]))
  const next = new Map()
  const consumer = kafka.consumer({ groupId: `auditor-${process.hrtime.bigint()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      found.get(partition).push(message.value.toString())
      next.set(partition, Number(message.offset) + 1)
    },
  })
  const deadline = performance.now() + ms
  const left = () => ends.filter(([partition, end]) => end > 0 && !(next.get(partition) >= end))
  while (left().length > 0 && performance.now() < deadline) await sleep(50)
  await consumer.disconnect()
  if (left().length > 0) throw new Error(`not read to the end within ${ms / 1000} s: ${JSON.stringify(left())}`)
  return found
}
