// A disk that fills up, in memory and with the same code as a real one: writers are told, readers go on, deleting helps.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode } from '../../src/protocol/errors.ts'
import { findCoordinator, GroupMember } from '../support/group-member.ts'
import { batchOf } from '../support/kafka-client.ts'
import { brokerFor, clientFor, eventually, keptLog } from '../support/running-broker.ts'

const MIB = 1 << 20

test('a full disk: produce is refused, reads, commits and deletions go on, and deleting makes room without a restart', async (t) => {
  const { logger, lines } = keptLog()
  const config = { 'log.segment.delete.delay.ms': 0 }
  const broker = await brokerFor(t, { inMemory: true, maxMemoryBytes: 8 * MIB, logger, config })
  const client = await clientFor(t, broker)
  await client.createTopic('kept', { configs: { 'segment.bytes': String(MIB) } })
  await client.createTopic('full', { configs: { 'segment.bytes': String(MIB) } })
  await findCoordinator(client, 'g')
  await client.produce('kept', ['here to stay'])
  let taken = 0
  const send = async () => (await client.send('full', 0, batchOf(['x'.repeat(200_000)]))).errorCode
  while (taken < 100 && (await send()) === 0) taken++
  assert.ok(taken >= 20 && taken < 45, `${taken} records of 200 kB`)
  for (let i = 0; i < 20; i++) assert.equal(await send(), errorCode('KAFKA_STORAGE_ERROR'))
  assert.equal((await client.readAll('full')).length, taken)
  assert.equal((await client.readAll('kept')).length, 1)
  assert.equal(await new GroupMember(client, 'g').commit('full', taken), 'NONE')
  const told = lines.filter(({ level, message }) => level === 'error' && /the disk is full/.test(message))
  assert.equal(told.length, 1, JSON.stringify(lines))
  assert.match(String(told[0]!.facts['whatToDo']), /delete topics/)

  await client.deleteTopic('full')
  await eventually(
    'there is room again',
    async () => (await client.send('kept', 0, batchOf(['x'.repeat(200_000)]))).errorCode === 0,
  )
  assert.ok(lines.some(({ message }) => /has room again/.test(message)))
})

test('many writers at once do not get past the bound', async (t) => {
  const broker = await brokerFor(t, { inMemory: true, maxMemoryBytes: 8 * MIB })
  const clients = await Promise.all(Array.from({ length: 20 }, () => clientFor(t, broker)))
  await clients[0]!.createTopic('full', { partitions: 20 })
  const codes = await Promise.all(
    clients.flatMap((client, partition) =>
      Array.from({ length: 20 }, async () => (await client.send('full', partition, batchOf(['x'.repeat(100_000)]))).errorCode),
    ),
  )
  const taken = codes.filter((code) => code === 0).length
  assert.deepEqual(new Set(codes), new Set([0, errorCode('KAFKA_STORAGE_ERROR')]))
  const records = await Promise.all(clients.map((client, partition) => client.readAll('full', { partition })))
  assert.equal(records.flat().length, taken)
})
