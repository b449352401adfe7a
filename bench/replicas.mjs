/** Requests about the replicas of a topic: where they shall be, and whether all of them follow. */
import { recordBatch } from '../test/interop/lib/batch.mjs'
import { api, Connection, produceBody, readProduced, Writer } from '../test/interop/lib/wire.mjs'
import { partitionsOf, untilPartitions } from './topics.mjs'

const alterPartitionReassignments = 45
const patienceMs = 60_000
/** A few at a time for each leader: as many as there are would be one long wait in a socket. */
const inFlight = 50

/** Moves the partitions to these nodes, a list for each, and waits until that is complete everywhere. */
export async function moveTo(broker, topic, wanted) {
  const connection = await Connection.open(broker.bootstrap)
  try {
    const answer = await connection.askRaw(reassignRequest(topic, wanted), patienceMs)
    answer.at += 1 + 4 // tags of the header, throttle time
    const error = answer.int16()
    if (error !== 0) throw new Error(`AlterPartitionReassignments: error ${error}`)
  } finally {
    connection.close()
  }
  const isThere = ({ index, replicas, isr, leader }) =>
    replicas.join() === wanted[index].join() && isr.length === replicas.length && leader >= 0
  await untilPartitions(broker, topic, isThere)
}

/** Version 0, which is a flexible one: lengths are varints, one more than there is. */
function reassignRequest(topic, wanted) {
  const length = (count) => varint(count + 1)
  const body = new Writer().int16(alterPartitionReassignments).int16(0).int32(1).string('judge').raw(noTags)
  body.int32(patienceMs).raw(length(1))
  body.raw(length(topic.length)).raw(Buffer.from(topic)).raw(length(wanted.length))
  for (const [index, ids] of wanted.entries()) {
    body.int32(index).raw(length(ids.length))
    for (const id of ids) body.int32(id)
    body.raw(noTags)
  }
  const request = body.raw(noTags).raw(noTags).done()
  return Buffer.concat([new Writer().int32(request.length).done(), request])
}

const noTags = Buffer.from([0])

function varint(value) {
  const bytes = []
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return Buffer.from([...bytes, value])
}

/** One record to each partition with acks=all: it is acknowledged once all in-sync replicas have it. */
export async function produceOnce(broker, topic) {
  const led = new Map()
  for (const { index, address } of await partitionsOf(broker, topic)) led.set(address, [...(led.get(address) ?? []), index])
  await Promise.all([...led].map(([address, partitions]) => produceTo(address, topic, partitions)))
}

async function produceTo(address, topic, partitions) {
  const connection = await Connection.open(address)
  const batch = recordBatch([Buffer.from('once')])
  const left = [...partitions]
  const sendAll = async () => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const { error } = readProduced(await connection.ask(api.produce, 7, produceBody(topic, index, batch), patienceMs))
      if (error !== 0) throw new Error(`Produce to ${topic}-${index}: error ${error}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: inFlight }, sendAll))
  } finally {
    connection.close()
  }
}
