// What the file says of requests and connections bounds what a client can do, each key for itself.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { addressOf, batchOf } from '../support/kafka-client.ts'
import { atEnd, clientFor, inMemory } from '../support/running-broker.ts'

async function rawConnection(t: TestContext, bootstrapServers: string): Promise<Socket> {
  const socket = connect(addressOf(bootstrapServers))
  socket.on('error', () => {}) // that it was closed is what the tests look for
  atEnd(t, () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

function announced(size: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(size)
  return length
}

test('socket.request.max.bytes: a larger request closes its connection before it is read, a smaller one is served', async (t) => {
  const { broker, client } = await inMemory(t, { 'socket.request.max.bytes': '20000' })
  await client.createTopic('t')
  await client.produce('t', ['x'.repeat(15_000)])
  const socket = await rawConnection(t, broker.bootstrapServers)
  socket.write(announced(20_001))
  await once(socket, 'close')
  await assert.rejects((await clientFor(t, broker)).send('t', 0, batchOf(['x'.repeat(25_000)])))
  assert.equal((await client.readAll('t')).length, 1)
})

test('queued.max.request.bytes: while one connection holds what all may hold, another one waits, and gets on when it is gone', async (t) => {
  const { broker, client } = await inMemory(t, { 'queued.max.request.bytes': '200000' })
  await client.createTopic('t')
  const greedy = await rawConnection(t, broker.bootstrapServers)
  greedy.write(Buffer.concat([announced(900_000), Buffer.alloc(400_000)]))
  await client.produce('t', ['small requests have a share of their own'])
  const large = client.produce('t', ['x'.repeat(100_000)])
  const first = await Promise.race([large.then(() => 'served'), new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])
  assert.equal(first, 'waits')
  greedy.destroy()
  await large
  assert.equal((await client.readAll('t')).length, 2)
})

test('connections.max.idle.ms: who says nothing for so long is closed, who waits for an answer is not', async (t) => {
  const { broker, client } = await inMemory(t, { 'connections.max.idle.ms': '300' })
  await client.createTopic('t')
  const silent = await rawConnection(t, broker.bootstrapServers)
  const waiting = client.fetch('t', 0, 0, { maxWaitMs: 900 })
  await once(silent, 'close')
  await waiting
})
