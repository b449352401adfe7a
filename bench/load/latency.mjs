/**
 * Open loop: one record every so often whether or not the earlier ones were answered; acknowledgement and end-to-end latency, both
 * counted from the moment a record was due, so that neither a slow broker nor a late client hides anything.
 * { leaders, topic, partitions, rate, size, seconds }; `leaders` are addresses by partition.
 */
import { letterBatch, recordBatch, wholeBatches } from '../../test/interop/lib/batch.mjs'
import { api, Connection, fetchBody, frame, offsetAt, produceBody, Reader, readFetched } from '../../test/interop/lib/wire.mjs'
import { Latencies, sleep } from './latencies.mjs'

const { leaders, topic, partitions, rate, size, seconds } = JSON.parse(process.argv[2])
const addresses = [...new Set(leaders)]
const warmSeconds = 3
const acknowledged = new Latencies()
const arrived = new Latencies()
const lateness = new Latencies()
let errors = 0
let sent = 0
let received = 0

/** Reads all partitions of a leader from their end and notes how old each record is when it comes; record n was due at n / rate. */
async function follow(address, dueAt) {
  const positions = new Map()
  const asking = await Connection.open(address)
  for (let partition = 0; partition < partitions; partition++)
    if (leaders[partition] === address) positions.set(partition, await offsetAt(asking, topic, partition, -1))
  asking.close()
  const numberAt = 61 + valueAt
  const connection = await Connection.open(address, { onFrame })
  const ask = () => connection.write(frame(api.fetch, 11, 1, fetchBody(topic, [...positions])))

  function onFrame(answer) {
    const now = performance.now()
    for (const { index, records } of readFetched(new Reader(answer, 4)).partitions) {
      if (records === null) continue
      for (const batch of wholeBatches(records)) {
        positions.set(index, batch.nextOffset)
        received++
        const number = records.readUInt32BE(batch.at + numberAt)
        if (number >= rate * warmSeconds) arrived.add(now - dueAt(number))
      }
    }
    ask()
  }
  ask()
}

// Where a record's value begins behind the header of a batch of one: found by looking, because its length is a varint.
const marked = Buffer.alloc(size, 'x')
marked.write('HERE')
const valueAt = recordBatch([marked]).indexOf('HERE') - 61

/** Requests differ only in the number at the head of the value, which needs a checksum of its own: each is built when it is due. */
function requestFor(number, template) {
  const value = Buffer.from(template)
  value.writeUInt32BE(number)
  return frame(api.produce, 7, number, produceBody(topic, number % partitions, recordBatch([value])))
}

const template = letterBatch(1, size).subarray(61 + valueAt, 61 + valueAt + size)
const errorAt = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4
let startedAt = 0
const dueAt = (number) => startedAt + (number * 1000) / rate

/** Four connections to one leader. */
function openProducers(address) {
  const open = () =>
    Connection.open(address, {
      onFrame: (answer) => {
        if (answer.readInt16BE(errorAt) !== 0) errors++
        const number = answer.readInt32BE(0)
        if (number >= rate * warmSeconds) acknowledged.add(performance.now() - dueAt(number))
      },
    })
  return Promise.all(Array.from({ length: 4 }, open))
}

const producers = new Map(await Promise.all(addresses.map(async (address) => [address, await openProducers(address)])))
for (const address of addresses) await follow(address, dueAt)
await sleep(200)
startedAt = performance.now()
const total = Math.round(rate * (seconds + warmSeconds))
while (sent < total) {
  const now = performance.now()
  for (; sent < total && dueAt(sent) <= now; sent++) {
    lateness.add(now - dueAt(sent))
    const connections = producers.get(leaders[sent % partitions])
    connections[sent % connections.length].write(requestFor(sent, template))
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
