/** A broker of Apache's and one of ours under one controller, ours or theirs: each leads and follows the other, dies, stops and comes back. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaAt } from '../cluster/clerks.mjs'
import { initProducerId, transaction } from '../directories/producer-id.mjs'
import { recordBatch, sequenced } from '../lib/batch.mjs'
import { eventually } from '../lib/report.mjs'
import { api, Connection, createTopic, offsetAt, produceBody, readProduced, untilServed, Writer } from '../lib/wire.mjs'
import { sameLogs, sameMetadata } from './files.mjs'
import { topicsAt, untilBrokersAre, untilInSync } from './moving.mjs'
import { MixedCluster } from './nodes.mjs'
import { commitOffset, committedOffset } from './offsets.mjs'

const [CONTROLLER, THEIRS, OURS] = [1, 2, 3]
const BROKERS = [THEIRS, OURS]
const GROUPS = 8
const [LATEST, EARLIEST] = [-1, -2]
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45

export async function mixedBrokers({ report, tools, workDir, kind }) {
  const overrides = { 'offsets.topic.replication.factor': '2', 'transaction.state.log.num.partitions': '1' }
  const cluster = await MixedCluster.plan({
    dir: join(workDir, `under-${kind}`),
    libs: tools.libs,
    controllers: [CONTROLLER],
    isStandalone: kind === 'apache',
    overrides,
  })
  const test = (name, body) =>
    report.test(`under ${kind === 'ours' ? 'our' : "Apache's"} controller: ${name}`, body, { timeoutMs: 120_000 })
  const house = new House(cluster)
  try {
    await test('a broker of each joins', async () => {
      await cluster.add({ id: CONTROLLER, kind, roles: 'controller' })
      await cluster.add({ id: THEIRS, kind: 'apache', formattedBy: 'apache' })
      await cluster.add({ id: OURS, kind: 'ours' })
      for (const id of BROKERS) await untilBrokersAre(cluster, cluster.address(id), BROKERS)
    })
    await test('each leads a partition that the other follows, in every codec', () => house.bothLead())
    await test('a group commits at coordinators of both', () => house.groups())
    await test('what a transaction of theirs left is followed', () => house.transactions())
    for (const id of BROKERS) {
      const [name, other] = id === OURS ? ['ours', THEIRS] : ['theirs', OURS]
      await test(`${name} is killed with records that nobody else has: it comes back, and follows without them`, () =>
        house.diverges(id, other))
      await test(`${name} is stopped: leaders, coordinators and producers' sequences are the other's at once`, () =>
        house.stops(id, other))
    }
    await test('replicas move from theirs to ours and back, from where their records begin', () => house.moves())
    await test('a topic that is deleted is gone from both', () => house.deletes())
    await test('both have the same bytes of every partition, and of the metadata log', () => house.sameBytes())
  } finally {
    await house.close()
    await cluster.destroy()
  }
}

class House {
  #cluster
  #connections = new Map()
  #sent = 0
  #committed = 0
  #offsetsOfProducer = []
  #producerId = null

  constructor(cluster) {
    this.#cluster = cluster
  }

  async #at(id) {
    const known = this.#connections.get(id)
    if (known && !known.isClosed) return known
    const connection = await Connection.open(this.#cluster.address(id))
    this.#connections.set(id, connection)
    return connection
  }

  async #send(id, topic, batch, acks = -1) {
    const connection = await this.#at(id)
    return readProduced(await connection.ask(api.produce, 7, produceBody(topic, 0, batch, acks), 40_000))
  }

  /** Acknowledged by all in sync; asks again while the broker comes to lead. */
  #write(id, topic, batch, acks = -1) {
    return eventually(async () => {
      const answer = await this.#send(id, topic, batch, acks)
      assert.equal(answer.error, 0, `${topic} at node ${id}`)
      return answer
    }, 30_000)
  }

  async bothLead() {
    for (const id of BROKERS) {
      const other = BROKERS.find((each) => each !== id)
      for (const topic of [`led-${id}`, `cut-${id}`])
        await createTopic(await this.#at(THEIRS), topic, 1, {}, { assignment: [[id, other]] })
      await untilServed(await this.#at(id), `led-${id}`, 1)
      const producerId = 1_000_000 + id
      for (let i = 0; i < 6; i++) {
        const batch = recordBatch([Buffer.from(`${id}-${i}`.repeat(100))])
        await this.#write(id, `led-${id}`, i % 2 ? sequenced(batch, producerId, i >> 1, true) : batch)
      }
    }
    await untilInSync(this.#cluster.address(THEIRS))
  }

  /** Offsets of groups whose coordinators are on both sides, and a producer whose sequence both have to know. */
  async groups() {
    this.admin = kafkaAt(this.#cluster.bootstrap).admin()
    await this.admin.connect()
    await createTopic(await this.#at(THEIRS), 'offsets', 1, {}, { assignment: [[...BROKERS].reverse()] })
    assert.deepEqual([...(await this.#commit(THEIRS))].sort(), BROKERS, 'both coordinate')
    await untilInSync(this.#cluster.address(OURS))
    await createTopic(await this.#at(THEIRS), 'sequence', 1, {}, { assignment: [BROKERS] })
    this.#producerId = await initProducerId(await this.#at(OURS))
    await this.#sequence(THEIRS)
  }

  /** Transactions are theirs to coordinate. Ours follows records of an aborted one and of a committed one. */
  async transactions() {
    const theirs = await this.#at(THEIRS)
    await createTopic(theirs, '__transaction_state', 1, {}, { assignment: [[THEIRS]] })
    await createTopic(theirs, 'transactions', 1, {}, { assignment: [BROKERS] })
    await untilServed(theirs, 'transactions', 1)
    for (const value of ['aborted', 'committed'])
      await transaction(theirs, 'transactions', `id of ${value}`, [Buffer.from(value)], { isCommitted: value === 'committed' })
    await untilInSync(this.#cluster.address(OURS))
  }

  /** A consumer that reads what is committed sees no other record, whoever leads. */
  async #readsCommitted(id) {
    const consumer = kafkaAt(this.#cluster.address(id)).consumer({ groupId: `reader-${id}` })
    const seen = []
    await consumer.connect()
    await consumer.subscribe({ topic: 'transactions', fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.value.toString()) })
    await eventually(() => assert.deepEqual(seen, ['committed']), 30_000)
    await consumer.disconnect()
  }

  /** Each of these groups commits the next number, and finds the last one before. Gives who coordinates. */
  async #commit(asked) {
    const coordinators = new Set()
    for (let i = 0; i < GROUPS; i++) {
      const address = this.#cluster.address(asked)
      const found = await committedOffset(address, `group-${i}`, 'offsets')
      assert.equal(found, this.#committed || -1, `the offset of group-${i}`)
      coordinators.add(await commitOffset(address, `group-${i}`, 'offsets', this.#committed + 1))
    }
    this.#committed++
    return coordinators
  }

  /** The last batch again gets its old offset, the next one follows, one too far is refused. */
  async #sequence(leader) {
    const batch = (number) => sequenced(recordBatch([Buffer.from(`sequence ${number}`)]), this.#producerId, number)
    const last = this.#offsetsOfProducer.length - 1
    if (last >= 0)
      assert.equal(
        (await this.#write(leader, 'sequence', batch(last))).baseOffset,
        this.#offsetsOfProducer[last],
        'a batch once more',
      )
    this.#offsetsOfProducer.push((await this.#write(leader, 'sequence', batch(last + 1))).baseOffset)
    assert.deepEqual(this.#offsetsOfProducer, [...this.#offsetsOfProducer.keys()])
    // One of ours that has just come to lead says at first that it does not (docs/limits.md).
    await eventually(async () => {
      const refused = await this.#send(leader, 'sequence', batch(last + 3))
      assert.equal(refused.error, OUT_OF_ORDER_SEQUENCE_NUMBER, 'a gap')
    }, 15_000)
  }

  /** The follower sleeps while the leader alone acknowledges; then the leader dies, and the follower leads without these records. */
  async diverges(id, other) {
    const cluster = this.#cluster
    const topic = `cut-${id}`
    const batch = () => recordBatch([Buffer.from(`${topic} ${this.#sent++}`)])
    for (let i = 0; i < 3; i++) await this.#write(id, topic, batch())
    cluster.node(other).child.kill('SIGSTOP')
    for (let i = 0; i < 6; i++) {
      await this.#write(id, topic, batch(), 1)
      await sleep(i === 0 ? 500 : 0) // the sleeper's last request is answered with the first of them, and perhaps the next
    }
    await cluster.kill(id)
    cluster.node(other).child.kill('SIGCONT')
    await this.#untilLed(other)
    const { baseOffset } = await this.#write(other, topic, batch())
    assert.ok(baseOffset < 9, `what was only there is gone, and offset ${baseOffset} is next`)
    await this.#write(other, topic, batch())
    cluster.start(id)
    await untilInSync(cluster.address(other))
    sameLogs(`${topic}-0`, this.#dirs(), 5)
  }

  async stops(id, other) {
    const cluster = this.#cluster
    const leader = async () =>
      (await topicsAt(cluster.address(other))).find(({ name }) => name === 'sequence').partitions[0].leader
    if ((await leader()) === id) await this.#sequence(id)
    await cluster.stop(id)
    await this.#untilLed(other, 2000) // it was told before the stop ended
    await this.#sequence(other)
    await this.#commit(other)
    await this.#readsCommitted(other)
    cluster.start(id)
    await untilInSync(cluster.address(other))
  }

  /** The topics of which both have replicas. */
  async #shared(id) {
    const all = await topicsAt(this.#cluster.address(id))
    return all.filter(({ partitions }) => partitions[0].replicas.length === BROKERS.length)
  }

  #untilLed(id, ms = 30_000) {
    return eventually(async () => {
      for (const { name, partitions } of await this.#shared(id))
        for (const { index, leader, isr } of partitions)
          assert.deepEqual({ leader, isr }, { leader: id, isr: [id] }, `${name}-${index}`)
    }, ms)
  }

  /** What was deleted before a replica comes is not there for it: it begins where the leader does. */
  async moves() {
    const topic = 'moves'
    await createTopic(await this.#at(THEIRS), topic, 1, {}, { assignment: [[THEIRS]] })
    let end = 0
    for (const [from, to] of [
      [THEIRS, OURS],
      [OURS, THEIRS],
    ]) {
      for (let i = 0; i < 4; i++)
        end = 1 + (await this.#write(from, topic, recordBatch([Buffer.from(`${topic} ${end}`)]))).baseOffset
      const start = await offsetAt(await this.#at(from), topic, 0, EARLIEST)
      assert.equal(await deleteRecords(await this.#at(from), topic, start + 2), 0, 'DeleteRecords')
      const topics = [{ topic, partitionAssignment: [{ partition: 0, replicas: [to] }] }]
      await this.admin.alterPartitionReassignments({ topics })
      await eventually(async () => {
        const [{ partitions }] = (await topicsAt(this.#cluster.address(to))).filter(({ name }) => name === topic)
        assert.deepEqual([partitions[0].leader, partitions[0].replicas, partitions[0].isr], [to, [to], [to]])
        const found = [EARLIEST, LATEST].map(async (time) => offsetAt(await this.#at(to), topic, 0, time))
        assert.deepEqual(await Promise.all(found), [start + 2, end])
      }, 30_000)
    }
    await this.#deleted(topic)
  }

  async deletes() {
    for (const id of BROKERS) await this.#deleted(`led-${id}`)
  }

  async #deleted(topic) {
    await this.admin.deleteTopics({ topics: [topic] })
    const dirs = this.#dirs().flat()
    await eventually(() => {
      const left = dirs.filter((dir) => existsSync(join(dir, `${topic}-0`)))
      assert.deepEqual(left, [], `logs of ${topic}`)
    }, 30_000)
  }

  async sameBytes() {
    const dirs = this.#dirs()
    await untilInSync(this.#cluster.address(OURS))
    for (const { name, partitions } of await this.#shared(OURS))
      for (const { index } of partitions) sameLogs(`${name}-${index}`, dirs, name.endsWith('offsets') ? 0 : 3)
    for (const broker of dirs) assert.ok(sameMetadata([this.#cluster.node(CONTROLLER).dirs, broker]) > 20, 'the metadata log')
  }

  #dirs() {
    return BROKERS.map((id) => this.#cluster.node(id).dirs)
  }

  async close() {
    for (const connection of this.#connections.values()) connection.close()
    await this.admin?.disconnect().catch(() => {}) // the brokers may be gone
  }
}

/** DeleteRecords v1 of partition 0, everything before an offset. Gives the error. */
async function deleteRecords(connection, topic, offset) {
  const one = (w) => w.string(topic).array([0], (v, index) => v.int32(index).int64(offset))
  const reader = await connection.ask(21, 1, new Writer().array([topic], one).int32(10_000).done())
  reader.int32()
  const read = (r) => [r.int32(), r.int64(), r.int16()]
  return reader.array((r) => ({ topic: r.string(), partitions: r.array(read) }))[0].partitions[0][2]
}
