// Clients that send garbage, never read or never speak: the others are served all the same.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { ByteWriter } from '../../src/base/bytes.ts'
import type { RunningBroker } from '../../src/index.ts'
import { errorCode } from '../../src/protocol/errors.ts'
import { writeRequestHeader } from '../../src/protocol/header.ts'
import { FetchRequest } from '../../src/protocol/messages/fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/produce.ts'
import { buildBatch } from '../../src/protocol/records/builder.ts'
import { codec } from '../../src/protocol/schema.ts'
import { addressOf, batchOf, LATEST } from '../support/kafka-client.ts'
import { atEnd, brokerFor, clientFor, inMemory, keptLog, tempDir } from '../support/running-broker.ts'

const API_VERSIONS = 18
const METADATA = 3
const MIB = 1 << 20

test('frames that cannot be are answered by closing the connection, with a line in the log for each kind', async (t) => {
  const { logger, lines } = keptLog()
  const broker = await brokerFor(t, { inMemory: true, logger })
  const client = await clientFor(t, broker)
  await client.createTopic('quiet')
  const garbage: Record<string, Buffer> = {
    'a negative length': Buffer.from('ffffffff', 'hex'),
    'the largest length': Buffer.from('7fffffff00120004', 'hex'),
    'a length just above socket.request.max.bytes': int32(100 * MIB + 1),
    'an empty frame': int32(0),
    'a frame too short for a header': frame(Buffer.from('0012', 'hex')),
    'an API that nobody knows': frame(header(9999, 0)),
    'a negative API': frame(header(-1, 0)),
    'a version that nobody knows': frame(header(METADATA, 99)),
    'a body that ends early': frame(Buffer.concat([header(METADATA, 12), Buffer.from('00', 'hex'), Buffer.from('05', 'hex')])),
    'an array longer than its frame': frame(Buffer.concat([header(METADATA, 1), int32(0x7fffffff)])),
    'a client id longer than its frame': frame(Buffer.concat([header(METADATA, 1).subarray(0, 8), Buffer.from('7fff', 'hex')])),
    HTTP: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    TLS: Buffer.from('16030100c8010000c40303', 'hex'),
  }
  for (const [name, bytes] of Object.entries(garbage)) {
    const socket = await open(t, broker)
    const answered = await answerTo(socket, bytes)
    assert.deepEqual([name, answered.length], [name, 0])
    await client.produce('quiet', [name])
  }
  assert.equal((await client.readAll('quiet')).length, Object.keys(garbage).length)
  assert.ok(
    lines.some(({ facts }) => /socket\.request\.max\.bytes/.test(JSON.stringify(facts))),
    JSON.stringify(lines, null, 1),
  )
})

test('ApiVersions of a version from the future is answered in version 0 with what is supported (KIP-511)', async (t) => {
  const { broker } = await inMemory(t)
  const socket = await open(t, broker)
  socket.write(frame(Buffer.concat([header(API_VERSIONS, 99), Buffer.from([0])])))
  const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
  assert.equal(answer.readInt16BE(8), errorCode('UNSUPPORTED_VERSION'))
})

test('requests before one that cannot be are answered before the connection is closed', async (t) => {
  const { broker, client } = await inMemory(t)
  const good = frame(header(API_VERSIONS, 0))
  const answered = await answerTo(await open(t, broker), Buffer.concat([good, good, frame(header(9999, 0)), good]))
  assert.equal(answered.length, 2 * (answered.readInt32BE(0) + 4))
  await answerTo(await open(t, broker), Buffer.concat([good, Buffer.alloc(1000, 0xff)]))
  await client.createTopic('still-served')
})

test('a thousand random frames do no harm', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('steady')
  let seed = 42
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const key = random(95)
        const body = Buffer.from(Array.from({ length: random(200) }, () => random(256)))
        const socket = await open(t, broker)
        socket.end(frame(Buffer.concat([header(key, random(14)), body])))
        await once(socket.resume(), 'close')
      }),
    )
    await client.produce('steady', [`${round}`])
  }
  assert.equal((await client.readAll('steady')).length, 20)
})

test('a client that asks for much and never reads costs bounded memory, and the others are served quickly', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const filling = await clientFor(t, first)
  await filling.createTopic('much')
  for (let i = 0; i < 20; i++) await filling.produce('much', [Buffer.alloc(MIB - 1000, 'x').toString()])
  await first.close() // the next one reads from the disk: each answer in a buffer of its own
  const broker = await brokerFor(t, { dataDir })
  const client = await clientFor(t, broker)
  const before = process.memoryUsage().rss
  for (let i = 0; i < 5; i++) {
    const socket = await open(t, broker)
    socket.pause()
    for (let asked = 0; asked < 200; asked++) socket.write(fetchFrame('much', 20 * MIB)) // 20 GB of answers in all
  }
  for (let i = 0; i < 50; i++) {
    await client.produce('much', [`${i}`])
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const grown = (process.memoryUsage().rss - before) / MIB
  assert.ok(grown < 250, `${grown} MiB more`)
  await broker.close()
})

test('clients that ask for much and never read share a bound, and one who reads gets on', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('shared')
  const value = randomBytes(MIB - 1000)
    .toString('latin1')
    .slice(0, 500_000)
  for (let i = 0; i < 60; i++) await client.produce('shared', [value])
  const announced: number[] = []
  for (let i = 0; i < 12; i++) {
    const socket = await open(t, broker)
    socket.write(fetchFrame('shared', 50 * MIB))
    await once(socket, 'readable')
    announced.push((socket.read(4) as Buffer).readInt32BE())
  }
  const sum = announced.reduce((all, size) => all + size, 0)
  assert.ok(announced[0]! > 30 * MIB && sum < 256 * MIB, `${announced.map((size) => Math.round(size / MIB))} MiB`)
  assert.equal((await client.readAll('shared')).length, 60)
  await broker.close()
})

test('connections that announce large requests and send nothing keep nobody out', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('open')
  for (let i = 0; i < 100; i++) (await open(t, broker)).write(int32(100 * MIB))
  await client.produce('open', ['before'])
  for (let i = 0; i < 12; i++) (await open(t, broker)).write(Buffer.concat([int32(90 * MIB), Buffer.alloc(200_000)]))
  await client.produce('open', ['x'.repeat(900_000)])
  assert.equal((await client.readAll('open')).length, 2)
})

test('compressed bombs are refused and hold nobody up', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('target', { partitions: 10 })
  await client.createTopic('calm')
  for (const compression of ['zstd', 'gzip'] as const) {
    const attacker = await clientFor(t, broker)
    const bomb = buildBatch({
      records: [{ key: null, value: Buffer.alloc(95 * MIB), timestamp: Date.now(), headers: [] }],
      compression,
    })
    const partitionData = Array.from({ length: 10 }, (_, index) => ({ index, records: bomb }))
    const body = { transactionalId: null, acks: -1, timeoutMs: 10_000, topicData: [{ name: 'target', partitionData }] }
    const stall = longestStall()
    const [{ responses }] = await Promise.all([
      attacker.call(ProduceRequest, ProduceResponse, 9, body),
      client.produce('calm', ['1']),
    ])
    const stalledMs = await stall()
    const codes = responses[0]!.partitionResponses.map(({ errorCode }) => errorCode)
    assert.deepEqual(codes, Array(10).fill(errorCode('MESSAGE_TOO_LARGE')))
    t.diagnostic(`${compression}: nobody had a turn for ${Math.round(stalledMs)} ms at most`)
  }
})

test('a batch that takes long to open keeps its place before those of its connection, and lets other connections go on', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('order', { partitions: 2, configs: { 'max.message.bytes': String(16 * MIB) } })
  const other = await clientFor(t, broker)
  const line = '{"level":"info","message":"the same again and again","attempt":'
  const texts = Array.from({ length: 150_000 }, (_, i) => line + i)
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const large = batchOf(texts, { compression })
    const before = await client.offset('order', LATEST)
    const [first, second, third] = await Promise.all([
      client.send('order', 0, large),
      client.send('order', 0, batchOf(['small'])),
      client.send('order', 1, batchOf(['small'])),
      other.send('order', 1, batchOf(['from elsewhere'])),
    ])
    assert.deepEqual([first.errorCode, second.errorCode, third.errorCode], [0, 0, 0])
    assert.deepEqual([first.baseOffset, second.baseOffset - before], [before, texts.length], compression)
  }
})

test('two thousand idle connections cost little and hold nobody up', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('busy')
  const before = process.memoryUsage().rss
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 100 }, () => open(t, broker)))
  for (let i = 0; i < 100; i++) await client.produce('busy', [`${i}`])
  const each = (process.memoryUsage().rss - before) / 2000
  assert.ok(each < 64 * 1024, `${Math.round(each)} bytes for each connection, both ends`)
  await broker.close()
})

async function open(t: TestContext, broker: RunningBroker): Promise<Socket> {
  const socket = connect(addressOf(broker.bootstrapServers))
  atEnd(t, () => socket.destroy())
  socket.on('error', () => {}) // a reset is a way to close, too
  await once(socket, 'connect')
  return socket
}

/** Begins to watch the event loop, which the broker shares with the test; gives how long it stood still at most, in ms. */
function longestStall(): () => Promise<number> {
  let last = performance.now()
  let longest = 0
  const look = () => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }
  const timer = setInterval(look, 1)
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    look()
    clearInterval(timer)
    return longest
  }
}

/** What comes back until the broker closes the connection. */
async function answerTo(socket: Socket, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const closed = once(socket, 'close')
  socket.write(bytes)
  const late = setTimeout(() => socket.destroy(new Error('not closed')), 5000)
  const [hadError] = await closed
  clearTimeout(late)
  assert.ok(!hadError || socket.errored?.message !== 'not closed', 'the connection was not closed')
  return Buffer.concat(chunks)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function frame(payload: Buffer): Buffer {
  return Buffer.concat([int32(payload.length), payload])
}

/** The header of a request in its version 1, with the client id "x". */
function header(apiKey: number, apiVersion: number): Buffer {
  const bytes = Buffer.alloc(11)
  bytes.writeInt16BE(apiKey, 0)
  bytes.writeInt16BE(apiVersion, 2)
  bytes.writeInt32BE(7, 4)
  bytes.writeInt16BE(1, 8)
  bytes.write('x', 10)
  return bytes
}

function fetchFrame(topic: string, maxBytes: number): Buffer {
  const to = new ByteWriter()
  writeRequestHeader(to, { apiKey: FetchRequest.apiKey!, apiVersion: 12, correlationId: 1, clientId: 'deaf' })
  const topics = [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: maxBytes }] }]
  codec(FetchRequest, 12).write(to, { maxWaitMs: 0, minBytes: 1, maxBytes, topics, forgottenTopicsData: [] })
  return frame(Buffer.concat(to.chunks()))
}
