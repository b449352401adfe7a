/**
 * Raw Fetch load: reads every partition from its start to its end, over and over; the answers are stepped over, not decoded.
 * { bootstrap, topic, partitions, connections, seconds }
 */
import { wholeBatches } from '../../test/interop/lib/batch.mjs'
import { api, Connection, fetchBody, frame, Reader, readFetched } from '../../test/interop/lib/wire.mjs'
import { sleep } from './latencies.mjs'

const { bootstrap, topic, partitions, connections, seconds } = JSON.parse(process.argv[2])
let bytes = 0
let requests = 0
let errors = 0

async function load(index) {
  const mine = Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => partition % connections === index,
  )
  if (mine.length === 0) mine.push(index % partitions)
  const positions = new Map(mine.map((partition) => [partition, 0]))
  const connection = await Connection.open(bootstrap, { onFrame })
  const ask = () => connection.write(frame(api.fetch, 11, 1, fetchBody(topic, [...positions])))

  function onFrame(answer) {
    const { error, partitions: fetched } = readFetched(new Reader(answer, 4))
    if (error !== 0) errors++
    for (const { index: partition, error: wrong, highWatermark, records } of fetched) {
      if (wrong !== 0) errors++
      let next = 0
      if (records !== null) {
        bytes += records.length
        for (const batch of wholeBatches(records)) next = batch.nextOffset
      }
      positions.set(partition, next < highWatermark ? next : 0) // at the end a fetch would wait: begin again
    }
    requests++
    ask()
  }
  ask()
}

await Promise.all(Array.from({ length: connections }, (_, index) => load(index)))
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
