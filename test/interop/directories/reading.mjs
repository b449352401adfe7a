/** What a partition serves, fetched whole with bare requests: the very bytes, which both brokers must give alike. */
import { createHash } from 'node:crypto'
import { wholeBatches } from '../lib/batch.mjs'
import { api, fetchBody, offsetAt, readFetched } from '../lib/wire.mjs'

const EARLIEST = -2
const LATEST = -1

/** All batches of a partition, in order, as `wholeBatches` tells of them, each with its `bytes`. */
export async function readWhole(connection, topic, partition) {
  const found = []
  let position = await offsetAt(connection, topic, partition, EARLIEST)
  const end = await offsetAt(connection, topic, partition, LATEST)
  while (position < end) {
    const before = position
    const [part] = readFetched(await connection.ask(api.fetch, 11, fetchBody(topic, [[partition, position]]), 30_000)).partitions
    if (part.error !== 0) throw new Error(`Fetch ${topic}-${partition} at ${position}: error ${part.error}`)
    for (const batch of wholeBatches(part.records)) {
      found.push({ ...batch, bytes: part.records.subarray(batch.at, batch.end) })
      position = batch.nextOffset
    }
    if (position === before) throw new Error(`Fetch ${topic}-${partition} at ${position} of ${end} gives nothing`)
  }
  return found
}

/** Of one partition: where it begins and ends, what its bytes are, and which offsets belong to some of its times. */
export async function logFacts(connection, topic, partition) {
  const all = await readWhole(connection, topic, partition)
  const hash = createHash('sha256')
  for (const { bytes } of all) hash.update(bytes)
  const times = all.map(({ bytes }) => Number(bytes.readBigInt64BE(35)))
  const asked = [0, times[times.length >> 1] ?? 1, Math.max(...times, 0), Math.max(...times, 0) + 1]
  return {
    earliest: await offsetAt(connection, topic, partition, EARLIEST),
    latest: await offsetAt(connection, topic, partition, LATEST),
    batches: all.length,
    records: all.reduce((sum, { recordCount }) => sum + recordCount, 0),
    sha256: hash.digest('hex'),
    byTime: await inTurn(asked, async (time) => [time, await offsetAt(connection, topic, partition, time)]),
  }
}

/** `map` with one promise after the other. */
export async function inTurn(items, run) {
  const results = []
  for (const item of items) results.push(await run(item))
  return results
}
