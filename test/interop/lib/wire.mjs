/**
 * Just enough of the Kafka protocol to prod a broker with raw sockets: oldest served versions, prebuilt bytes, no validation.
 * Deliberately separate from the project's own codec, so that a mistake there cannot hide itself here.
 */
import { connect } from 'node:net'

export class Writer {
  #parts = []

  #number(size, write) {
    const bytes = Buffer.alloc(size)
    write(bytes)
    this.#parts.push(bytes)
    return this
  }
  int8 = (value) => this.#number(1, (b) => b.writeInt8(value))
  int16 = (value) => this.#number(2, (b) => b.writeInt16BE(value))
  int32 = (value) => this.#number(4, (b) => b.writeInt32BE(value))
  int64 = (value) => this.#number(8, (b) => b.writeBigInt64BE(BigInt(value)))
  raw(bytes) {
    this.#parts.push(bytes)
    return this
  }
  string(value) {
    return value === null ? this.int16(-1) : this.int16(Buffer.byteLength(value)).raw(Buffer.from(value))
  }
  bytes(value) {
    return this.int32(value.length).raw(value)
  }
  array(items, write) {
    this.int32(items.length)
    for (const item of items) write(this, item)
    return this
  }
  done() {
    return Buffer.concat(this.#parts)
  }
}

export class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes
    this.at = at
  }
  #skip(size) {
    this.at += size
    return this.at - size
  }
  int8 = () => this.bytes.readInt8(this.#skip(1))
  int16 = () => this.bytes.readInt16BE(this.#skip(2))
  int32 = () => this.bytes.readInt32BE(this.#skip(4))
  int64 = () => Number(this.bytes.readBigInt64BE(this.#skip(8)))
  string() {
    const length = this.int16()
    return length < 0 ? null : this.bytes.toString('utf8', this.#skip(length), this.at)
  }
  data() {
    const length = this.int32()
    return length < 0 ? null : this.bytes.subarray(this.#skip(length), this.at)
  }
  array(read) {
    return Array.from({ length: Math.max(0, this.int32()) }, () => read(this))
  }
}

/** A request frame with its length, header version 1. */
export function frame(apiKey, version, correlationId, body, clientId = 'judge') {
  const header = new Writer().int16(apiKey).int16(version).int32(correlationId).string(clientId).done()
  return Buffer.concat([new Writer().int32(header.length + body.length).done(), header, body])
}

/** One connection. Answers are given to whoever asked first; `onFrame` takes all of them instead. */
export class Connection {
  #chunks = []
  #held = 0
  #waiting = []
  #nextId = 1

  static open(bootstrap, { onFrame, timeoutMs = 5000 } = {}) {
    const [host, port] = bootstrap.split(':')
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(port), noDelay: true })
      const limit = setTimeout(() => socket.destroy(new Error(`no connection to ${bootstrap} within ${timeoutMs} ms`)), timeoutMs)
      socket.once('error', reject)
      socket.once('connect', () => {
        clearTimeout(limit)
        resolve(new Connection(socket, onFrame))
      })
    })
  }

  constructor(socket, onFrame) {
    this.socket = socket
    this.onFrame = onFrame
    this.isClosed = false
    this.closed = new Promise((resolve) =>
      socket.on('close', () => {
        this.isClosed = true
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('the broker closed the connection'))
        resolve()
      }),
    )
    socket.on('error', () => {}) // 'close' follows
    socket.on('data', (bytes) => this.#take(bytes))
  }

  #take(bytes) {
    this.#chunks.push(bytes)
    this.#held += bytes.length
    while (this.#held >= 4) {
      if (this.#chunks[0].length < 4) this.#join()
      const length = 4 + this.#chunks[0].readInt32BE(0)
      if (this.#held < length) return // joined once it is all there: answers may have many megabytes
      if (this.#chunks[0].length < length) this.#join()
      const joined = this.#chunks[0]
      const answer = joined.subarray(4, length)
      if (length === joined.length) this.#chunks.shift()
      else this.#chunks[0] = joined.subarray(length)
      this.#held -= length
      if (this.onFrame) this.onFrame(answer)
      else this.#waiting.shift()?.resolve(answer)
    }
  }

  #join() {
    this.#chunks = [Buffer.concat(this.#chunks)]
  }

  write(bytes) {
    return this.socket.write(bytes)
  }

  /** Sends one request and gives its answer's body (after the correlation id). */
  ask(apiKey, version, body, timeoutMs = 10_000) {
    return this.askRaw(frame(apiKey, version, this.#nextId++, body), timeoutMs)
  }

  /** Sends these bytes and gives the next answer's body. */
  askRaw(bytes, timeoutMs = 10_000) {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(new Error('the connection is closed'))
      const limit = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      const settle = (then) => (value) => {
        clearTimeout(limit)
        then(value)
      }
      this.#waiting.push({ resolve: settle((answer) => resolve(new Reader(answer, 4))), reject: settle(reject) })
      this.write(bytes)
    })
  }

  close() {
    this.socket.destroy()
  }
}

export const api = { produce: 0, fetch: 1, listOffsets: 2, metadata: 3, apiVersions: 18, createTopics: 19, deleteTopics: 20 }

/** ApiVersions v0: the ranges the broker advertises. */
export async function apiVersions(connection) {
  const reader = await connection.ask(api.apiVersions, 0, Buffer.alloc(0))
  const error = reader.int16()
  return { error, ranges: reader.array((r) => ({ key: r.int16(), min: r.int16(), max: r.int16() })) }
}

/** Metadata v1 of these topics (an empty list asks for none, null for all). */
export async function metadata(connection, topics, timeoutMs) {
  const body = topics === null ? new Writer().int32(-1).done() : new Writer().array(topics, (w, name) => w.string(name)).done()
  const reader = await connection.ask(api.metadata, 1, body, timeoutMs)
  const brokers = reader.array((r) => ({ id: r.int32(), host: r.string(), port: r.int32(), rack: r.string() }))
  const controllerId = reader.int32()
  const partition = (r) => ({
    error: r.int16(),
    index: r.int32(),
    leader: r.int32(),
    replicas: r.array((x) => x.int32()),
    isr: r.array((x) => x.int32()),
  })
  const found = reader.array((r) => ({
    error: r.int16(),
    name: r.string(),
    isInternal: r.int8() === 1,
    partitions: r.array(partition),
  }))
  return { brokers, controllerId, topics: found }
}

/**
 * CreateTopics v2, then waits until every partition has a leader. `replicas` is how many each has; `assignment` names them instead, an array of
 * node ids for each partition.
 */
export async function createTopic(connection, name, partitions, configs = {}, { replicas = 1, assignment = [] } = {}) {
  const one = (w) => {
    if (assignment.length > 0) w.string(name).int32(-1).int16(-1)
    else w.string(name).int32(partitions).int16(replicas)
    w.array([...assignment.entries()], (v, [index, ids]) => v.int32(index).array(ids, (u, id) => u.int32(id)))
    w.array(Object.entries(configs), (v, [key, value]) => v.string(key).string(value))
  }
  const reader = await connection.ask(api.createTopics, 2, new Writer().array([name], one).int32(60_000).int8(0).done(), 90_000)
  reader.int32()
  const [result] = reader.array((r) => ({ name: r.string(), error: r.int16(), message: r.string() }))
  if (result.error !== 0) throw new Error(`CreateTopics ${name}: error ${result.error} ${result.message ?? ''}`)
  for (;;) {
    const [topic] = (await metadata(connection, [name])).topics
    const led = topic.partitions.filter((partition) => partition.error === 0 && partition.leader >= 0)
    if (topic.error === 0 && led.length === partitions) return
    await new Promise((resume) => setTimeout(resume, 20))
  }
}

/** DeleteTopics v1. */
export async function deleteTopic(connection, name) {
  const reader = await connection.ask(
    api.deleteTopics,
    1,
    new Writer()
      .array([name], (w, each) => w.string(each))
      .int32(30_000)
      .done(),
    40_000,
  )
  reader.int32()
  return reader.array((r) => ({ name: r.string(), error: r.int16() }))[0]
}

/** The body of Produce v7 with one batch for one partition. */
export function produceBody(topic, partition, batch, acks = -1) {
  const one = (w) => w.string(topic).array([partition], (v, index) => v.int32(index).bytes(batch))
  return new Writer().string(null).int16(acks).int32(30_000).array([topic], one).done()
}

/** The outcome of a Produce v7 with one partition. */
export function readProduced(reader) {
  const partition = (r) => ({
    index: r.int32(),
    error: r.int16(),
    baseOffset: r.int64(),
    appendTime: r.int64(),
    logStartOffset: r.int64(),
  })
  return reader.array((r) => ({ topic: r.string(), partitions: r.array(partition) }))[0].partitions[0]
}

/** The body of Fetch v11 without a session. `positions`: [[partition, offset], ...]. */
export function fetchBody(topic, positions, { maxWaitMs = 500, maxBytes = 52_428_800, partitionMaxBytes = 1_048_576 } = {}) {
  const one = (v, [partition, offset]) => v.int32(partition).int32(-1).int64(offset).int64(-1).int32(partitionMaxBytes)
  const writer = new Writer().int32(-1).int32(maxWaitMs).int32(1).int32(maxBytes).int8(0).int32(0).int32(-1)
  return writer
    .array([topic], (w) => w.string(topic).array(positions, one))
    .int32(0)
    .string('')
    .done()
}

/** The partitions of a Fetch v11 answer; `records` are views. */
export function readFetched(reader) {
  reader.int32()
  const error = reader.int16()
  reader.int32()
  const partition = (r) => {
    const head = { index: r.int32(), error: r.int16(), highWatermark: r.int64() }
    r.int64()
    r.int64()
    r.array((x) => [x.int64(), x.int64()])
    r.int32()
    return { ...head, records: r.data() }
  }
  return {
    error,
    partitions: reader.array((r) => ({ topic: r.string(), partitions: r.array(partition) })).flatMap((t) => t.partitions),
  }
}

/** ListOffsets v1: the offset at a timestamp (-1: end, -2: start). */
export async function offsetAt(connection, topic, partition, timestamp) {
  const body = new Writer()
    .int32(-1)
    .array([topic], (w) => w.string(topic).array([partition], (v) => v.int32(partition).int64(timestamp)))
    .done()
  const reader = await connection.ask(api.listOffsets, 1, body)
  const one = (r) => ({ index: r.int32(), error: r.int16(), timestamp: r.int64(), offset: r.int64() })
  const found = reader.array((r) => ({ topic: r.string(), partitions: r.array(one) }))[0].partitions[0]
  if (found.error !== 0) throw new Error(`ListOffsets ${topic}-${partition}: error ${found.error}`)
  return found.offset
}

/** Waits until a new topic's partitions, how many or which, take requests: Kafka tells of a leader in Metadata a moment before the leader knows. */
export async function untilServed(connection, topic, partitions) {
  const left = Array.isArray(partitions) ? [...partitions] : Array.from({ length: partitions }, (_, index) => index)
  while (left.length > 0) {
    try {
      await offsetAt(connection, topic, left[0], -1)
      left.shift()
    } catch (error) {
      if (!/ListOffsets/.test(error.message)) throw error
      await new Promise((resume) => setTimeout(resume, 20))
    }
  }
}
