/**
 * Producers and a group that outlive their broker: each partition has an idempotent producer that keeps its id and goes on with its
 * sequence, whoever serves the directory next. What had no answer when a broker was killed is sent again to the next one.
 */
import assert from 'node:assert/strict'
import { crc32c, recordBatch, sequenced } from '../lib/batch.mjs'
import { api, Connection, createTopic, produceBody, readProduced, untilServed, Writer } from '../lib/wire.mjs'
import { initProducerId } from './producer-id.mjs'
import { readWhole } from './reading.mjs'

const TOPIC = 'load'
const PARTITIONS = 3
const GROUP = 'load-group'
const RECORDS = 20
const IN_FLIGHT = 5
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45

export class Load {
  #senders = []
  #commits = Array.from({ length: PARTITIONS }, () => ({ sent: -1, acknowledged: -1 }))
  #producerIds = new Set()

  /** Makes the topic and the producers; small segments and many index entries, so that there are many files. */
  async begin(bootstrap) {
    const connection = await Connection.open(bootstrap)
    await createTopic(connection, TOPIC, PARTITIONS, { 'segment.bytes': '1048576', 'index.interval.bytes': '1024' })
    await untilServed(connection, TOPIC, PARTITIONS)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      this.#senders.push(new Sender(partition, await this.#freshId(connection)))
    }
    connection.close()
  }

  /** What was acknowledged, all partitions together. */
  get acknowledged() {
    return this.#senders.reduce((sum, sender) => sum + sender.acknowledged, 0)
  }

  /** Those producers that never got an answer to all they sent: how many batches wait. */
  get unanswered() {
    return this.#senders.reduce((sum, sender) => sum + sender.unanswered, 0)
  }

  /** Sends and commits until that is over or the broker is gone. */
  async run(bootstrap, isOver) {
    await Promise.all(
      this.#senders.flatMap((sender, partition) => [
        this.#connected(bootstrap, (connection) => sender.run(connection, isOver)),
        this.#connected(bootstrap, (connection) => this.#commitAll(connection, partition, sender, isOver)),
      ]),
    )
  }

  /** A connection that breaks ends the work on it: that is what a kill does. */
  async #connected(bootstrap, work) {
    const connection = await Connection.open(bootstrap)
    try {
      await work(connection)
    } catch (error) {
      if (!/the broker closed the connection|the connection is closed/.test(error.message)) throw error
    } finally {
      connection.close()
    }
  }

  async #commitAll(connection, partition, sender, isOver) {
    const commit = this.#commits[partition]
    while (!isOver() && !connection.isClosed) {
      const offset = sender.acknowledged * RECORDS
      if (offset <= commit.sent) await new Promise((resume) => setTimeout(resume, 1))
      else {
        commit.sent = offset
        await commitOffset(connection, partition, offset)
        commit.acknowledged = offset
      }
    }
  }

  /**
   * On the next broker, which may know the last `remembered` batches of a producer after a start: nothing acknowledged is lost or at another offset, what had no answer is sent again and is there once, a batch
   * sent twice gets its old offset, a gap in the sequence is refused, the group's offsets stayed, and a new producer gets a new id.
   */
  async goOn(bootstrap, { remembered }) {
    const connection = await Connection.open(bootstrap)
    try {
      await untilServed(connection, TOPIC, PARTITIONS)
      for (const sender of this.#senders) {
        const found = await sender.compare(connection, { isSettled: false })
        await sender.settle(connection, found - remembered)
        await sender.sendLastAgain(connection)
        await sender.leaveGap(connection)
        await sender.compare(connection, { isSettled: true })
      }
      for (const [partition, { sent, acknowledged }] of this.#commits.entries()) {
        const found = await committedOffset(connection, partition)
        assert.ok(acknowledged <= found && found <= sent, `${GROUP} ${partition}: ${found}, committed ${acknowledged} to ${sent}`)
        this.#commits[partition] = { sent: found, acknowledged: found }
      }
      await this.#freshId(connection)
    } finally {
      connection.close()
    }
  }

  async #freshId(connection) {
    const producerId = await initProducerId(connection)
    assert.ok(!this.#producerIds.has(producerId), `producer id ${producerId} was given out before`)
    this.#producerIds.add(producerId)
    return producerId
  }

  /** Of each partition, what a tool that reads the files must find. */
  get expected() {
    return this.#senders.map(({ producerId, batches, acknowledged }) => {
      return { producerId, batches: { acknowledged, sent: batches.length }, records: RECORDS }
    })
  }
}

class Sender {
  /** Of each batch that was ever sent, in the order of sequences: its checksum, and its offset once that was told. */
  batches = []
  acknowledged = 0
  #withoutAnswer = new Map()

  constructor(partition, producerId) {
    this.partition = partition
    this.producerId = producerId
  }

  get unanswered() {
    return this.#withoutAnswer.size
  }

  async run(connection, isOver) {
    const inFlight = []
    for (;;) {
      if (inFlight.length === IN_FLIGHT || (isOver() && inFlight.length > 0)) await inFlight.shift()
      else if (isOver()) return
      else {
        const sent = this.#sendNext(connection)
        sent.catch(() => {}) // the first that is waited for tells
        inFlight.push(sent)
      }
    }
  }

  async #sendNext(connection) {
    const index = this.batches.length
    const bytes = this.#batch(index)
    this.batches.push({ checksum: bytes.readUInt32BE(17), offset: null })
    this.#withoutAnswer.set(index, bytes)
    const { error, baseOffset } = await this.#send(connection, bytes)
    assert.equal(error, 0, `batch ${index} of ${TOPIC}-${this.partition}`)
    this.#note(index, baseOffset)
  }

  #note(index, baseOffset) {
    this.batches[index].offset = baseOffset
    this.#withoutAnswer.delete(index)
    this.acknowledged = index + 1
  }

  /** Every other batch is compressed. */
  #batch(index) {
    const values = Array.from({ length: RECORDS }, (_, i) => Buffer.from(`${this.partition}/${index}/${i} `.padEnd(100, 'load ')))
    return sequenced(recordBatch(values), this.producerId, index * RECORDS, index % 2 === 1)
  }

  async #send(connection, bytes) {
    return readProduced(await connection.ask(api.produce, 7, produceBody(TOPIC, this.partition, bytes), 30_000))
  }

  /** Sends again, in order, what had no answer; not those before `from`, which are there and may be forgotten as duplicates. */
  async settle(connection, from) {
    for (const [index, bytes] of [...this.#withoutAnswer]) {
      if (index < from) this.#note(index, index * RECORDS)
      else {
        const { error, baseOffset } = await this.#send(connection, bytes)
        assert.equal(error, 0, `batch ${index} of ${TOPIC}-${this.partition}, sent again`)
        this.#note(index, baseOffset)
      }
    }
  }

  async sendLastAgain(connection) {
    const last = this.batches.length - 1
    const answer = await this.#send(connection, this.#batch(last)) // of its time now; but only the sequence counts
    assert.equal(answer.error, 0, `the last batch of ${TOPIC}-${this.partition}, sent twice`)
    assert.equal(answer.baseOffset, this.batches[last].offset, `the last batch of ${TOPIC}-${this.partition}, sent twice`)
  }

  async leaveGap(connection) {
    const { error } = await this.#send(connection, this.#batch(this.batches.length + 1))
    assert.equal(error, OUT_OF_ORDER_SEQUENCE_NUMBER, `a gap in the sequence of ${TOPIC}-${this.partition}`)
  }

  /** What lies there is what was sent, each batch once; until it is settled, the end of what had no answer may be missing. Gives how many. */
  async compare(connection, { isSettled }) {
    const found = await readWhole(connection, TOPIC, this.partition)
    const atLeast = isSettled ? this.batches.length : this.acknowledged
    assert.ok(found.length >= atLeast && found.length <= this.batches.length, `${found.length} batches of ${this.batches.length}`)
    for (const [index, { bytes, baseOffset }] of found.entries()) {
      const { checksum, offset } = this.batches[index]
      const what = `batch ${index} of ${TOPIC}-${this.partition}`
      assert.equal(bytes.readUInt32BE(17), checksum, `${what}: its bytes`)
      assert.equal(crc32c(bytes.subarray(21)), checksum, `${what}: its checksum`)
      assert.equal(baseOffset, offset ?? index * RECORDS, `${what}: its offset`)
    }
    return found.length
  }
}

/** OffsetCommit v2 of a group without members. */
async function commitOffset(connection, partition, offset) {
  const one = (w) => w.string(TOPIC).array([partition], (v) => v.int32(partition).int64(offset).string(''))
  const body = new Writer().string(GROUP).int32(-1).string('').int64(-1).array([TOPIC], one).done()
  for (let attempt = 0; ; attempt++) {
    const reader = await connection.ask(8, 2, body, 30_000)
    const [answer] = reader.array((r) => ({
      topic: r.string(),
      partitions: r.array((p) => ({ index: p.int32(), error: p.int16() })),
    }))
    const { error } = answer.partitions[0]
    if (error === 0) return
    if (!isSettling(error) || attempt === 100) throw new Error(`OffsetCommit of ${GROUP}: error ${error}`)
    await new Promise((resume) => setTimeout(resume, 100))
  }
}

/** OffsetFetch v1; waits for the coordinator. */
async function committedOffset(connection, partition) {
  const one = (w) => w.string(TOPIC).array([partition], (v) => v.int32(partition))
  const body = new Writer().string(GROUP).array([TOPIC], one).done()
  for (let attempt = 0; ; attempt++) {
    const reader = await connection.ask(9, 1, body)
    const read = (r) => ({ index: r.int32(), offset: r.int64(), metadata: r.string(), error: r.int16() })
    const [answer] = reader.array((r) => ({ topic: r.string(), partitions: r.array(read) }))
    const { error, offset } = answer.partitions[0]
    if (error === 0) return offset
    if (!isSettling(error) || attempt === 100) throw new Error(`OffsetFetch of ${GROUP}: error ${error}`)
    await new Promise((resume) => setTimeout(resume, 100))
  }
}

/** The coordinator is loading, not there yet, or not here yet. */
const isSettling = (error) => error >= 14 && error <= 16
