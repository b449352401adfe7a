/**
 * Open loop: one record every so often whether or not the earlier ones were answered; acknowledgement and end-to-end latency, both
 * counted from the moment a record was due, so that neither a slow broker nor a late client hides anything.
 * { leaders, topic, partitions, rate, size, seconds }; `leaders` are addresses by partition.
 *
 * Requests are built once and patched in place, and answers are stepped over: what this program left to its garbage collector was the 99th percentile.
 */
import { letterBatch } from '../../test/interop/lib/batch.mjs'
import { api, Connection, fetchBody, frame, offsetAt, produceBody } from '../../test/interop/lib/wire.mjs'
import { fetchAnswers } from './fetch-answer.mjs'
import { Latencies, sleep } from './latencies.mjs'
import { openLean, wholeFrames } from './lean.mjs'

const { leaders, topic, partitions, rate, size, seconds } = JSON.parse(process.argv[2])
const addresses = [...new Set(leaders)]
const warmSeconds = 3
const connectionsToLeader = 4
const acknowledged = new Latencies()
const arrived = new Latencies()
const lateness = new Latencies()
let errors = 0
let sent = 0
let received = 0
let startedAt = 0

const dueAt = (number) => startedAt + (number * 1000) / rate
const isCounted = (number) => number >= rate * warmSeconds

/** A partition's records come over one connection, so the n-th behind `from` is the n-th that was sent to it: records need no number of their own. */
const numberOf = (partition, count) => partition + count * partitions

/** Reads all partitions of a leader from their end and notes how old each record is when it comes. */
async function follow(address) {
  const led = [...leaders.keys()].filter((partition) => leaders[partition] === address)
  const asking = await Connection.open(address)
  const from = new Map()
  for (const partition of led) from.set(partition, await offsetAt(asking, topic, partition, -1))
  asking.close()
  const positions = new Map(from)
  const { request, moveTo } = fetchOf(from)
  const take = fetchAnswers({
    onPartition({ index, error, bytes, next }) {
      if (error !== 0) errors++
      if (bytes === 0) return
      const now = performance.now()
      for (let offset = positions.get(index); offset < next; offset++) {
        const number = numberOf(index, offset - from.get(index))
        received++
        if (isCounted(number)) arrived.add(now - dueAt(number))
      }
      positions.set(index, next)
      moveTo(index, next)
    },
    onAnswer(error) {
      if (error !== 0) errors++
      socket.write(request)
    },
  })
  const socket = await openLean(address, take)
  socket.write(request)
}

/** A Fetch of all these partitions, and how to move on in it. */
function fetchOf(from) {
  const mark = (partition) => 2 ** 50 + partition
  const request = frame(
    api.fetch,
    11,
    1,
    fetchBody(
      topic,
      [...from.keys()].map((partition) => [partition, mark(partition)]),
    ),
  )
  const places = new Map([...from.keys()].map((partition) => [partition, request.indexOf(int64(mark(partition)))]))
  const moveTo = (partition, offset) => request.writeBigInt64BE(BigInt(offset), places.get(partition))
  for (const [partition, offset] of from) moveTo(partition, offset)
  return { request, moveTo }
}

function int64(value) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

const correlationAt = 4 + 2 + 2 // behind the length, the key and the version
const batch = letterBatch(1, size)
const requests = leaders.map((_, partition) => frame(api.produce, 7, 0, produceBody(topic, partition, batch)))
// Of an answer behind its length: correlation id, count of topics, the topic, count of partitions, index.
const errorAt = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4

function openProducers(address) {
  const take = () =>
    wholeFrames((bytes, at) => {
      if (bytes.readInt16BE(at + errorAt) !== 0) errors++
      const number = bytes.readInt32BE(at)
      if (isCounted(number)) acknowledged.add(performance.now() - dueAt(number))
    })
  return Promise.all(Array.from({ length: connectionsToLeader }, () => openLean(address, take())))
}

const producers = new Map(await Promise.all(addresses.map(async (address) => [address, await openProducers(address)])))

function send(number) {
  const partition = number % partitions
  const request = requests[partition]
  const socket = producers.get(leaders[partition])[partition % connectionsToLeader]
  // Node keeps what the system does not take at once: then the next one needs bytes of its own.
  const bytes = socket.writableLength > 0 ? Buffer.from(request) : request
  bytes.writeInt32BE(number, correlationAt)
  socket.write(bytes)
  if (socket.writableLength > 0 && bytes === request) requests[partition] = Buffer.from(request)
}

for (const address of addresses) await follow(address)
await sleep(200)
startedAt = performance.now()
const total = Math.round(rate * (seconds + warmSeconds))
while (sent < total) {
  const now = performance.now()
  for (; sent < total && dueAt(sent) <= now; sent++) {
    lateness.add(now - dueAt(sent))
    send(sent)
  }
  // A timer is late by up to a millisecond; for that last millisecond we go round the event loop instead.
  const wait = dueAt(sent) - performance.now()
  await (wait > 1.5 ? sleep(wait - 1.5) : new Promise((resume) => setImmediate(resume)))
}
await sleep(1000)
console.log(
  JSON.stringify({
    recordsPerSecond: rate,
    ...acknowledged.summary('ack '),
    ...arrived.summary('end-to-end '),
    'client late p99': lateness.summary().p99,
    bytes: sent * size,
    lost: sent - received,
    errors,
  }),
)
process.exit(errors > 0 || received !== sent ? 1 : 0)
