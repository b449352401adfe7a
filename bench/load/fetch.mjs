/**
 * Raw Fetch load: reads every partition from its start to its end, over and over; the answers are stepped over, not decoded.
 * { leaders, topic, partitions, connections, seconds }; `leaders` are addresses by partition, each gets its share of the connections.
 */
import { api, fetchBody, frame } from '../../test/interop/lib/wire.mjs'
import { fetchAnswers } from './fetch-answer.mjs'
import { sleep } from './latencies.mjs'
import { openLean } from './lean.mjs'

const { leaders, topic, connections, seconds } = JSON.parse(process.argv[2])
const addresses = [...new Set(leaders)]
const share = Math.max(1, Math.floor(connections / addresses.length))
let bytes = 0
let requests = 0
let errors = 0

async function load(address, index) {
  const led = [...leaders.keys()].filter((partition) => leaders[partition] === address)
  const mine = led.filter((_, at) => at % share === index)
  if (mine.length === 0) mine.push(led[index % led.length])
  const positions = new Map(mine.map((partition) => [partition, 0]))
  const ask = () => socket.write(frame(api.fetch, 11, 1, fetchBody(topic, [...positions])))
  const take = fetchAnswers({
    onPartition({ index: partition, error, highWatermark, bytes: more, next }) {
      if (error !== 0) errors++
      bytes += more
      positions.set(partition, next < highWatermark ? next : 0) // at the end a fetch would wait: begin again
    },
    onAnswer(error) {
      if (error !== 0) errors++
      requests++
      ask()
    },
  })
  const socket = await openLean(address, take)
  ask()
}

await Promise.all(addresses.flatMap((address) => Array.from({ length: share }, (_, index) => load(address, index))))
await sleep(1000) // let it come up to speed
const before = { bytes, requests }
const from = performance.now()
await sleep(seconds * 1000)
const took = (performance.now() - from) / 1000
console.log(
  JSON.stringify({
    mbPerSecond: (bytes - before.bytes) / took / 1e6,
    requestsPerSecond: (requests - before.requests) / took,
    bytes,
    errors,
  }),
)
process.exit(errors > 0 ? 1 : 0)
