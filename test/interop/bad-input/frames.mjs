/** Frames that are wrong in every way; after each of them another client must get an answer. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { api, apiVersions, Connection, frame, metadata, Writer } from '../lib/wire.mjs'

const int32 = (value) => new Writer().int32(value).done()
const anything = Buffer.alloc(0)
const allTopics = int32(-1)

/** Bytes after which Kafka hangs up without a byte of an answer. */
export const hangUps = {
  'a negative length': int32(-1),
  'length zero': int32(0),
  'a length of 2 GB': int32(0x7fffffff),
  'a length one above socket.request.max.bytes': int32(104_857_601),
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  'a TLS hello': Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), randomBytes(512)]),
  'an unknown API': frame(999, 0, 1, anything),
  'a negative API key': frame(-1, 0, 1, anything),
  'a removed API (LeaderAndIsr)': frame(4, 0, 1, anything),
  'an API of the controller (Vote)': frame(52, 0, 1, anything),
  'Metadata of an unknown version': frame(api.metadata, 99, 1, allTopics),
  'Metadata of a negative version': frame(api.metadata, -1, 1, allTopics),
  'Produce of a removed version': frame(api.produce, 2, 1, anything),
  'a header that ends early': Buffer.concat([int32(3), Buffer.from([0, 3, 0])]),
  'a client id longer than the frame': Buffer.concat([int32(10), new Writer().int16(3).int16(1).int32(1).int16(5000).done()]),
  'a body that ends early': frame(api.metadata, 1, 1, Buffer.from([0, 0])),
  'an array of two billion topics': frame(api.metadata, 1, 1, int32(0x7fffffff)),
  'a topic name longer than the frame': frame(api.metadata, 1, 1, new Writer().int32(1).int16(0x7fff).done()),
  'a compact array of four billion topics': frame(api.metadata, 12, 1, Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0x0f])),
  'a varint that never ends': frame(api.metadata, 12, 1, Buffer.concat([Buffer.from([0]), Buffer.alloc(20, 0xff)])),
}

export async function frames({ report, broker: { bootstrap } }) {
  for (const [what, bytes] of Object.entries(hangUps)) {
    await report.test(`hangs up on ${what}`, async () => {
      assert.equal(await answerTo(bootstrap, bytes), 'closed without an answer')
      await othersAreServed(bootstrap)
    })
  }

  await report.test('ApiVersions of an unknown version is answered with error 35 and the versions that work', async () => {
    const connection = await Connection.open(bootstrap)
    const reader = await connection.askRaw(frame(api.apiVersions, 99, 7, Buffer.from([0]))) // no tagged fields in the header
    assert.equal(reader.int16(), 35)
    assert.equal((await apiVersions(connection)).error, 0)
    connection.close()
  })

  await report.test('a valid request is answered before the garbage behind it closes the connection', async () => {
    const connection = await Connection.open(bootstrap)
    const hello = frame(api.apiVersions, 0, 1, anything)
    const reader = await connection.askRaw(Buffer.concat([hello, int32(-5), randomBytes(100)])).catch((error) => error)
    // Kafka reads ahead: it may see the garbage before it has written the answer. Either is right, as long as it hangs up.
    if (!(reader instanceof Error)) assert.equal(reader.int16(), 0)
    await within(5000, connection.closed)
    await othersAreServed(bootstrap)
  })

  await report.test('half a frame and a goodbye', async () => {
    const connection = await Connection.open(bootstrap)
    connection.socket.end(frame(api.metadata, 1, 1, allTopics).subarray(0, 9))
    await within(5000, connection.closed)
    await othersAreServed(bootstrap)
  })

  await report.test('1,000 frames of random bytes', async () => {
    for (let i = 0; i < 20; i++) {
      await Promise.all(Array.from({ length: 50 }, () => oneOfChance(bootstrap)))
    }
    await othersAreServed(bootstrap)
  })

  await report.test('1,000 damaged requests of every API', async () => {
    const hello = await Connection.open(bootstrap)
    const { ranges } = await apiVersions(hello)
    hello.close()
    for (let i = 0; i < 20; i++) {
      await Promise.all(Array.from({ length: 50 }, (_, k) => oneDamaged(bootstrap, ranges[(i * 50 + k) % ranges.length])))
    }
    await othersAreServed(bootstrap)
  })
}

/** What happens to a connection that sends this: 'closed without an answer', 'answered', or an error after 5 s of silence. */
export async function answerTo(bootstrap, bytes) {
  let answered = false
  const connection = await Connection.open(bootstrap, { onFrame: () => (answered = true) })
  connection.write(bytes)
  try {
    await within(5000, connection.closed)
  } finally {
    connection.close()
  }
  return answered ? 'answered' : 'closed without an answer'
}

async function oneOfChance(bootstrap) {
  const body = randomBytes(Math.floor(Math.random() * 300))
  await sendAndLeave(bootstrap, Buffer.concat([int32(body.length), body]))
}

/** A well-formed header with a random body. Only reading is aimed at: what creates or deletes would be obeyed if it happened to parse. */
async function oneDamaged(bootstrap, { key, min, max }) {
  const version = min + Math.floor(Math.random() * (max - min + 1))
  await sendAndLeave(bootstrap, frame(key, version, 1, randomBytes(Math.floor(Math.random() * 120))))
}

async function sendAndLeave(bootstrap, bytes) {
  const connection = await Connection.open(bootstrap, { onFrame: () => {} })
  connection.write(bytes)
  await Promise.race([connection.closed, new Promise((resume) => setTimeout(resume, 50))])
  connection.close()
}

export async function othersAreServed(bootstrap, withinMs = 2000) {
  const connection = await Connection.open(bootstrap)
  assert.equal((await metadata(connection, null, withinMs)).brokers.length, 1)
  connection.close()
}

function within(ms, promise) {
  let limit
  const late = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error(`the connection is still open after ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(limit))
}
