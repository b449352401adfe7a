/** Producer ids, and transactions with bare requests: what only Apache Kafka serves for now must come through unhurt. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32c, recordBatch } from '../lib/batch.mjs'
import { api, produceBody, readProduced, Writer } from '../lib/wire.mjs'

const ADD_PARTITIONS_TO_TXN = 24
const END_TXN = 26
const INIT_PRODUCER_ID = 22

/** InitProducerId v0, asked again while the broker gets ready; a producer id of epoch 0 unless a transactional id is given. */
export async function initProducerId(connection, transactionalId = null) {
  const body = new Writer().string(transactionalId).int32(60_000).done()
  for (let attempt = 0; ; attempt++) {
    const reader = await connection.ask(INIT_PRODUCER_ID, 0, body, 30_000)
    reader.int32()
    const error = reader.int16()
    const producerId = reader.int64()
    if (error === 0) return producerId
    if (attempt === 150) throw new Error(`InitProducerId: error ${error}`)
    await sleep(100)
  }
}

/** One transaction on partition 0 of a topic, committed or aborted, by a new producer. Gives the producer's id. */
export async function transaction(connection, topic, transactionalId, values, { isCommitted }) {
  await findCoordinator(connection, transactionalId)
  const producerId = await initProducerId(connection, transactionalId)
  const who = () => new Writer().string(transactionalId).int64(producerId).int16(0)
  await untilDone(async () => {
    const body = who()
      .array([topic], (w) => w.string(topic).array([0], (v) => v.int32(0)))
      .done()
    const reader = await connection.ask(ADD_PARTITIONS_TO_TXN, 0, body, 30_000)
    reader.int32()
    return reader.array((r) => ({ topic: r.string(), errors: r.array((p) => [p.int32(), p.int16()]) }))[0].errors[0][1]
  })
  const batch = recordBatch(values)
  batch.writeInt16BE(16, 21) // transactional
  batch.writeBigInt64BE(BigInt(producerId), 43)
  batch.writeInt16BE(0, 51)
  batch.writeInt32BE(0, 53)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  const body = produceBody(topic, 0, batch)
  const withId = Buffer.concat([new Writer().string(transactionalId).done(), body.subarray(2)])
  assert.equal(readProduced(await connection.ask(api.produce, 7, withId, 30_000)).error, 0)
  await untilDone(async () => {
    const reader = await connection.ask(
      END_TXN,
      0,
      who()
        .int8(isCommitted ? 1 : 0)
        .done(),
      30_000,
    )
    reader.int32()
    return reader.int16()
  })
  return producerId
}

/** FindCoordinator v1 for a transactional id: makes the topic of transactions where it is missing. */
function findCoordinator(connection, transactionalId) {
  return untilDone(async () => {
    const reader = await connection.ask(10, 1, new Writer().string(transactionalId).int8(1).done(), 30_000)
    reader.int32()
    return reader.int16()
  })
}

async function untilDone(ask) {
  for (let attempt = 0; ; attempt++) {
    const error = await ask()
    if (error === 0) return
    if (attempt === 150) throw new Error(`error ${error}`)
    await sleep(100)
  }
}
