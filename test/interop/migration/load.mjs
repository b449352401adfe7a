/** librdkafka under way: idempotent producers and a group that never rest (test/crash/load.py), and what they say when all is compared. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'
import { pythonWith, versions } from '../lib/cache.mjs'
import { start } from '../lib/processes.mjs'
import { Connection, createTopic, metadata, untilServed } from '../lib/wire.mjs'

const PARTITIONS = 6
const REPLICAS = 3
const READY_MS = 90_000
const CHECK_MS = 300_000

export const installPython = () => pythonWith('confluent-kafka', [`confluent-kafka==${versions.confluentKafka}`])

export class Load {
  #child
  #waiting = new Map()
  acknowledged = 0

  /** Writes to a topic that is there already, and reads it with a group of two, until it is ended. */
  static async begin(python, bootstrap, topic, rate = 300) {
    const load = new Load()
    const settings = JSON.stringify({ rate, partitions: PARTITIONS, replicas: REPLICAS, members: 2, made: true })
    const script = join(projectDir, 'test/crash/load.py')
    load.#child = start(python, [script, bootstrap, settings], { input: null, onLine: (line) => load.#hear(line) })
    await load.#said('ready', `topic ${topic}`, READY_MS)
    return load
  }

  #hear(line) {
    const at = line.indexOf(' ')
    const word = line.slice(0, at)
    if (word === 'acknowledged') this.acknowledged = Number(line.slice(at))
    else this.#waiting.get(word)?.(line.slice(at + 1))
  }

  async #said(word, order, ms) {
    let limit
    const late = new Promise((resolve) => (limit = setTimeout(() => resolve(null), ms)))
    const said = new Promise((resolve) => this.#waiting.set(word, resolve))
    this.#child.stdin.write(`${order}\n`)
    const answer = await Promise.race([said, late, this.#child.ended.then(() => null)])
    clearTimeout(limit)
    assert.ok(answer !== null, `the load did not say "${word}": ${this.#child.stderr.slice(-500)}`)
    return answer
  }

  /** Waits until more is acknowledged than was when it was asked. */
  async goesOn(count = 300, ms = 60_000) {
    const goal = this.acknowledged + count
    const deadline = performance.now() + ms
    while (this.acknowledged < goal) {
      assert.ok(performance.now() < deadline, `${this.acknowledged} acknowledged, and not ${goal} within ${ms / 1000} s`)
      await new Promise((resume) => setTimeout(resume, 50))
    }
  }

  /** Flushes, reads all back and compares: lost, twice, out of order, and what the group was given. Gives the figures. */
  async check() {
    const found = JSON.parse(await this.#said('checked', 'check', CHECK_MS))
    assert.deepEqual(found.wrong, [])
    assert.equal(found.grouped, found.read, 'the group was given all of it')
    assert.ok(found.acknowledged > 0)
    return found
  }

  end() {
    this.#child?.destroy()
  }
}

/**
 * Makes a topic, and waits until the leader of each partition takes requests for it. Apache Kafka takes any sequence as a producer's first one: of requests
 * on their way to a partition that is just made, the first may be refused and the second taken, and librdkafka then believes that both are there.
 */
export async function createServed(bootstrap, name) {
  const connection = await Connection.open(bootstrap.split(',')[0])
  await createTopic(connection, name, PARTITIONS, {}, { replicas: REPLICAS })
  const { brokers, topics } = await metadata(connection, [name])
  connection.close()
  for (const { id, host, port } of brokers) {
    const leader = await Connection.open(`${host}:${port}`)
    const led = topics[0].partitions.filter((partition) => partition.leader === id).map(({ index }) => index)
    await untilServed(leader, name, led)
    leader.close()
  }
}
