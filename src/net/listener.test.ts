import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { deferred } from '../base/deferred.ts'
import type { Facts, Logger } from '../platform/logger.ts'
import { silentLogger } from '../platform/logger.ts'
import type { Connection } from '../platform/network.ts'
import { nodeClock } from '../platform/node/clock.ts'
import { nodeNetwork } from '../platform/node/network.ts'
import type { RequestSink } from './channel.ts'
import type { ConnectionLimits, ListenerLimits } from './connection-limits.ts'
import { type Caller, ConnectionLost, dial } from './dial.ts'
import { framed } from './frame.ts'
import { FrameMemory } from './frame-memory.ts'
import { type Server, serve } from './listener.ts'

const network = nodeNetwork()
const clock = nodeClock()
const servers: Server[] = []

const channelLimits = {
  maxFrameBytes: 1_000_000,
  maxPendingRequests: 50,
  maxPendingBytes: 2_000_000,
  maxUnsentBytes: 100_000,
  maxIdleMs: 60_000,
  maxStallMs: 30_000,
}

const unlimitedConnections: ConnectionLimits = {
  maxConnections: Infinity,
  maxConnectionsPerIp: Infinity,
  perIpOverrides: new Map(),
  maxCreationRate: Infinity,
  listeners: new Map(),
}

const ofListener = (limits: Partial<ListenerLimits>) =>
  new Map([['PLAINTEXT', { maxConnections: Infinity, maxCreationRate: Infinity, ...limits }]])

class LogLines implements Logger {
  readonly lines: string[] = []
  readonly #keep = (message: string, facts?: Facts) => void this.lines.push(`${message} ${JSON.stringify(facts)}`)
  debug = () => {}
  info = this.#keep
  warn = this.#keep
  error = this.#keep
}

/** Answers every request with its own bytes. */
const echo: RequestSink = {
  mayOverlap: (bytes) => bytes[4] === 0x50,
  receive: (request) => request.answer(framed([request.bytes]), () => request.release()),
}

interface Options {
  readonly sink?: RequestSink
  /** May be changed by the test while the server runs. */
  readonly connectionLimits?: Partial<ConnectionLimits>
  readonly logger?: Logger
}

async function serving({ sink = echo, connectionLimits = {}, logger = silentLogger }: Options = {}) {
  const listener = { name: 'PLAINTEXT', address: { host: '127.0.0.1', port: 0 } }
  const options = { network, clock, logger, sink, channelLimits, maxRequestBytes: 10_000_000 }
  const server = await serve({
    ...options,
    listeners: [listener],
    connectionLimits: () => ({ ...unlimitedConnections, ...connectionLimits }),
  })
  servers.push(server)
  return { server, address: server.address('PLAINTEXT')! }
}

after(() => Promise.all(servers.map((server) => server.close())))

function request(correlationId: number, size = 20): Uint8Array {
  const bytes = Buffer.alloc(size, 0x50)
  bytes.writeInt32BE(correlationId)
  return bytes
}

const idOf = ({ bytes }: { readonly bytes: Uint8Array }) => Buffer.from(bytes).readInt32BE()
const closed = (connection: Connection) => new Promise<void>((resolve) => connection.onClose(() => resolve()))

async function works(caller: Caller): Promise<boolean> {
  return idOf(await caller.call(7, [request(7)], 5000)) === 7
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 500, 'it never came true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('hundreds of pipelined requests of all sizes are answered in order', async () => {
  const { address } = await serving()
  const connection = await network.connect(address)
  const sizes = Array.from({ length: 300 }, (_, i) => (i % 50 === 0 ? 300_000 : 20 + ((i * 37) % 3000)))
  const stream = Buffer.concat(sizes.flatMap((size, i) => framed([request(i, size)])))
  let got = Buffer.alloc(0)
  const all = deferred<void>()
  const room = new Uint8Array(100_000)
  connection.onData({
    buffer: () => room,
    received: (length) => {
      got = Buffer.concat([got, room.subarray(0, length)])
      if (got.length === stream.length) all.resolve()
    },
  })
  for (let at = 0; at < stream.length; at += 77_777) void connection.send([stream.subarray(at, at + 77_777)])
  await all.promise
  assert.ok(got.equals(stream))
  connection.close()
})

test('garbage in one connection is told in the log and leaves the others alone', async () => {
  const logger = new LogLines()
  const { server, address } = await serving({ logger })
  const caller = await dial(network, clock, address)
  const hostile = ['ffffffff', '00000000', '7fffffff00', '474554202f20485454502f312e310d0a']
  for (const bytes of hostile) {
    const connection = await network.connect(address)
    connection.onData({ buffer: () => new Uint8Array(10), received: () => assert.fail('garbage was answered') })
    void connection.send([Buffer.from(bytes, 'hex')])
    await closed(connection)
  }
  const half = await network.connect(address)
  await half.send([Buffer.from('000f0000aa', 'hex')]) // announces much, sends little, leaves
  await until(() => server.requestBytes > 0)
  half.close()
  await until(() => server.connections === 1)
  assert.equal(await works(caller), true)
  assert.equal(server.requestBytes, 0)
  assert.match(logger.lines[0]!, /a connection was closed .*announced -1 bytes/)
  assert.equal(logger.lines.length, 1, 'many at once are told in one line')
})

test('max.connections, that of a listener, and those per address each close what is too many', async () => {
  const cases: [Options, RegExp][] = [
    [{ connectionLimits: { maxConnections: 2 } }, /max.connections\)/],
    [{ connectionLimits: { listeners: ofListener({ maxConnections: 2 }) } }, /its max.connections/],
    [{ connectionLimits: { maxConnectionsPerIp: 2 } }, /max.connections.per.ip/],
    [{ connectionLimits: { maxConnectionsPerIp: 0, perIpOverrides: new Map([['127.0.0.1', 2]]) } }, /per.ip/],
  ]
  for (const [options, why] of cases) {
    const logger = new LogLines()
    const { server, address } = await serving({ ...options, logger })
    const first = await dial(network, clock, address)
    const second = await dial(network, clock, address)
    assert.deepEqual([await works(first), await works(second)], [true, true])
    const third = await dial(network, clock, address)
    await assert.rejects(works(third), ConnectionLost)
    assert.match(logger.lines.join(), why)
    first.close()
    await until(() => server.connections === 1)
    assert.equal(await works(await dial(network, clock, address)), true)
  }
})

test('limits that change hold at once for those who come, and for those who wait', async () => {
  const limits: { -readonly [K in keyof ConnectionLimits]?: ConnectionLimits[K] } = {}
  const { server, address } = await serving({ connectionLimits: limits })
  const callers = [await dial(network, clock, address), await dial(network, clock, address)]
  await Promise.all(callers.map(works))
  limits.maxConnections = 2
  await assert.rejects(works(await dial(network, clock, address)), ConnectionLost)
  assert.equal(await works(callers[0]!), true, 'who is in stays')
  limits.maxConnections = 10
  limits.perIpOverrides = new Map([['127.0.0.1', 2]])
  await assert.rejects(works(await dial(network, clock, address)), ConnectionLost)
  limits.perIpOverrides = new Map()
  for (const slow of [{ maxCreationRate: 0 }, { listeners: ofListener({ maxCreationRate: 0 }) }]) {
    Object.assign(limits, slow)
    const before = server.connections
    const caller = await dial(network, clock, address)
    let isServed = false
    const waiting = works(caller).finally(() => (isServed = true))
    await until(() => server.connections > before)
    // Somebody who is in already asks and is answered, several times: whoever was not held up would have been, too.
    for (let i = 0; i < 5; i++) assert.equal(await works(callers[0]!), true)
    assert.equal(isServed, false, 'it waits')
    Object.assign(limits, { maxCreationRate: Infinity, listeners: new Map() })
    assert.equal(await waiting, true, 'what it sent while it waited is answered')
  }
})

test('connections beyond the creation rate wait and are served then', async () => {
  const { address } = await serving({ connectionLimits: { maxCreationRate: 20 } })
  const startedAt = clock.monotonic()
  const callers = await Promise.all(Array.from({ length: 26 }, () => dial(network, clock, address)))
  await Promise.all(callers.map(works))
  const ms = clock.monotonic() - startedAt
  assert.ok(ms >= 200 && ms < 2000, `twenty come at once, six more one every 50 ms: took ${ms} ms`)
  for (const caller of callers) caller.close()
})

test('who leaves while it waits for the creation rate holds nothing; beyond a bound nobody waits', async () => {
  const limits = { maxCreationRate: 0 }
  const { server, address } = await serving({ connectionLimits: limits })
  const leaving = await Promise.all(Array.from({ length: 60 }, () => network.connect(address)))
  await until(() => server.connections === 60)
  for (const connection of leaving) connection.close()
  await until(() => server.connections === 0)
  const staying = await Promise.all(Array.from({ length: 70 }, () => network.connect(address)))
  let refused = 0
  for (const connection of staying) {
    connection.onData({ buffer: () => new Uint8Array(10), received: () => {} })
    connection.onClose(() => refused++)
  }
  await until(() => refused > 0 && server.connections + refused === 70)
  assert.equal(refused, 6)
  for (const connection of staying) connection.close()
})

test('a client that never reads holds a bounded number of bytes', async () => {
  const { server, address } = await serving()
  const connection = await network.connect(address)
  const body = framed([request(1, 50_000)])
  let taken = 0
  for (let i = 0; i < 2000; i++)
    void connection.send(body).then(
      () => taken++,
      () => {},
    )
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.ok(taken < 2000, 'the server stopped reading')
  assert.ok(server.requestBytes <= channelLimits.maxPendingBytes, `${server.requestBytes} bytes wait`)
  assert.equal(await works(await dial(network, clock, address)), true)
  connection.close()
})

test('close ends every connection; a server that could not open one listener opens none', async () => {
  const { server, address } = await serving({ sink: { mayOverlap: () => false, receive: () => {} } })
  const caller = await dial(network, clock, address)
  const waiting = caller.call(1, [request(1)], 60_000)
  await until(() => server.requestBytes > 0)
  await Promise.all([server.close(), assert.rejects(waiting, ConnectionLost), caller.closed])
  await assert.rejects(dial(network, clock, address), /ECONNREFUSED/)

  const taken = (await serving()).address
  const free = { name: 'A', address: { host: '127.0.0.1', port: address.port } }
  const options = {
    network,
    clock,
    logger: silentLogger,
    sink: echo,
    channelLimits,
    connectionLimits: () => unlimitedConnections,
    maxRequestBytes: -1,
  }
  await assert.rejects(serve({ ...options, listeners: [free, { name: 'B', address: taken }] }), /another process does/)
  await assert.rejects(dial(network, clock, free.address), /ECONNREFUSED/)
})

test('2,000 idle connections cost little memory and the others do not notice them', { timeout: 30_000 }, async () => {
  const { server, address } = await serving()
  const before = process.memoryUsage().rss
  const idle: Connection[] = []
  for (let i = 0; i < 2000; i += 100)
    idle.push(...(await Promise.all(Array.from({ length: 100 }, () => network.connect(address)))))
  await until(() => server.connections === 2000)
  const bytesEach = (process.memoryUsage().rss - before) / 2000
  assert.ok(bytesEach < 40_000, `${bytesEach} bytes for both ends of a connection`)
  assert.equal(await works(await dial(network, clock, address)), true)
  for (const connection of idle) connection.close()
})

test('an answer that was released makes room for the next one; one that is kept stays as it is', async () => {
  const { address } = await serving()
  const caller = await dial(network, clock, address, { memory: new FrameMemory() })
  const first = await caller.call(1, [request(1, 300_000)], 5000)
  const kept = await caller.call(2, [request(2, 300_000)], 5000)
  first.release()
  const next = await caller.call(3, [request(3, 300_000)], 5000)
  assert.equal(next.bytes.buffer, first.bytes.buffer)
  assert.deepEqual([idOf(kept), idOf(next)], [2, 3])
  caller.close()
})

test('answers are matched by correlation id; what nobody asked for, and silence, end the connection', async () => {
  const held: (() => void)[] = []
  const { address } = await serving({
    sink: { mayOverlap: () => true, receive: (request) => void held.push(() => request.answer(framed([request.bytes]))) },
  })
  const caller = await dial(network, clock, address)
  const answers = Promise.all([3, 1, 2].map(async (id) => idOf(await caller.call(id, [request(id)], 5000))))
  await until(() => held.length === 3)
  for (const answer of held.splice(0)) answer()
  assert.deepEqual(await answers, [3, 1, 2])
  await caller.tell([request(9)])
  await until(() => held.length === 1)
  held[0]!()
  await caller.closed
  await assert.rejects(caller.call(1, [request(1)], 5000), /nobody waits for \(correlation id 9\)/)

  const impatient = await dial(network, clock, address)
  await assert.rejects(impatient.call(1, [request(1)], 30), /no answer within 30 ms/)
  assert.equal(impatient.isOpen, false)
})
