/** Where many partitions end, asked in one request for each topic: ten thousand questions would take longer than the restart they time. */
import { api, Connection, metadata, Writer } from '../test/interop/lib/wire.mjs'

const patienceMs = 180_000
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

/** Waits until every partition of these topics ([name, partitions]) has a leader that answers, and gives the sum of the end offsets. */
export async function endOffsets(broker, topics) {
  const connection = await Connection.open(broker.bootstrap)
  const deadline = performance.now() + patienceMs
  let sum = 0
  for (const [topic, partitions] of topics) {
    await untilLed(connection, topic, partitions, deadline)
    for (let left = Array.from({ length: partitions }, (_, index) => index); left.length > 0; ) {
      const answers = await listEnds(connection, topic, left)
      for (const { error, offset } of answers) if (error === 0) sum += offset
      left = answers.filter(({ error }) => error !== 0).map(({ index }) => index)
      if (left.length > 0) await pause(deadline, topic) // led, but the leader does not know yet
    }
  }
  connection.close()
  return sum
}

async function untilLed(connection, topic, partitions, deadline) {
  for (;;) {
    const [found] = (await metadata(connection, [topic])).topics
    if (found.partitions.filter(({ error, leader }) => error === 0 && leader >= 0).length === partitions) return
    await pause(deadline, topic)
  }
}

async function pause(deadline, topic) {
  if (performance.now() > deadline) throw new Error(`${topic} is not served after ${patienceMs / 1000} s`)
  await sleep(20)
}

/** ListOffsets v1 of these partitions' ends. */
async function listEnds(connection, topic, partitions) {
  const one = (writer, index) => writer.int32(index).int64(-1)
  const body = new Writer().int32(-1).array([topic], (writer) => writer.string(topic).array(partitions, one))
  const reader = await connection.ask(api.listOffsets, 1, body.done(), 60_000)
  const answer = (r) => ({ index: r.int32(), error: r.int16(), timestamp: r.int64(), offset: r.int64() })
  return reader.array((r) => ({ topic: r.string(), partitions: r.array(answer) }))[0].partitions
}
