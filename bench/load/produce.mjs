/**
 * Raw Produce load: the request is built once, so nearly all the CPU spent is the broker's. One JSON argument, one JSON answer.
 * { leaders, topic, partitions, connections, inFlight, records, size, seconds, acks? }; `leaders` are addresses by partition.
 */
import { letterBatch } from '../../test/interop/lib/batch.mjs'
import { api, frame, produceBody } from '../../test/interop/lib/wire.mjs'
import { Latencies, sleep } from './latencies.mjs'
import { openLean, wholeFrames } from './lean.mjs'

const { leaders, topic, partitions, connections, inFlight, records, size, seconds, acks = -1 } = JSON.parse(process.argv[2])
const batch = letterBatch(records, size)
// Behind the correlation id: an array of one topic with its name, an array of one partition, its index, its error.
const errorAt = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4
const latencies = new Latencies()
const errors = new Map()
let counting = false
let stopping = false
let acknowledged = 0
let total = 0

async function openLoad(index) {
  const request = frame(api.produce, 7, 1, produceBody(topic, index % partitions, batch, acks))
  const sentAt = []
  const socket = await openLean(leaders[index % partitions], wholeFrames(onAnswer))
  const send = () => {
    sentAt.push(performance.now())
    socket.write(request)
  }

  function onAnswer(bytes, at) {
    const took = performance.now() - sentAt.shift()
    const error = bytes.readInt16BE(at + errorAt)
    total++
    if (error !== 0) errors.set(error, (errors.get(error) ?? 0) + 1)
    else if (counting) {
      acknowledged++
      latencies.add(took)
    }
    if (!stopping) send()
  }
  return () => Array.from({ length: inFlight }, send)
}

const begin = await Promise.all(Array.from({ length: connections }, (_, index) => openLoad(index)))
for (const each of begin) each()
await sleep(Math.min(2000, seconds * 250)) // let it come up to speed
counting = true
const from = performance.now()
await sleep(seconds * 1000)
stopping = true
const took = (performance.now() - from) / 1000
console.log(
  JSON.stringify({
    mbPerSecond: (acknowledged * records * size) / took / 1e6,
    requestsPerSecond: acknowledged / took,
    recordsPerSecond: (acknowledged * records) / took,
    bytes: total * records * size,
    ...(records === 1 ? { requests: total } : {}),
    ...latencies.summary(),
    errors: Object.fromEntries(errors),
  }),
)
process.exit(errors.size > 0 ? 1 : 0)
