// What every Network promises. Run over each implementation by network.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../../src/base/deferred.ts'
import { type Connection, ConnectRefused, type Intake, type Listener, type Network } from '../../src/platform/network.ts'
import fc from '../support/fast-check.ts'

export interface NetworkUnderTest {
  readonly name: string
  make(): Network
}

/** Collects what comes in, through buffers of changing sizes. */
class Collected implements Intake {
  readonly chunks: Buffer[] = []
  size = 0
  #buffer = Buffer.alloc(0)
  readonly #sizes: readonly number[]
  readonly #wanted: { size: number; reached: () => void }[] = []

  constructor(sizes: readonly number[] = [64 * 1024]) {
    this.#sizes = sizes
  }

  buffer(): Uint8Array {
    return (this.#buffer = Buffer.alloc(this.#sizes[this.chunks.length % this.#sizes.length]!))
  }

  received(length: number): void {
    assert.ok(length > 0 && length <= this.#buffer.length)
    this.chunks.push(this.#buffer.subarray(0, length))
    this.size += length
    for (const { size, reached } of this.#wanted) if (this.size >= size) reached()
  }

  reach(size: number): Promise<void> {
    if (this.size >= size) return Promise.resolve()
    return new Promise((reached) => this.#wanted.push({ size, reached }))
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }
}

const closed = (connection: Connection) => new Promise<Error | undefined>((resolve) => connection.onClose(resolve))
const isRefused = (why: Error) => why instanceof ConnectRefused && /ECONNREFUSED/.test(why.message)
const turns = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Pair {
  readonly network: Network
  readonly listener: Listener
  readonly client: Connection
  readonly server: Connection
}

export function networkContract({ name, make }: NetworkUnderTest): void {
  const fact = (what: string, run: (pair: Pair) => Promise<void>) =>
    test(`${name}: ${what}`, { timeout: 20_000 }, async () => {
      const network = make()
      const accepted = deferred<Connection>()
      const listener = await network.listen({ host: '127.0.0.1', port: 0 }, accepted.resolve)
      const client = await network.connect(listener.address)
      const server = await accepted.promise
      try {
        await run({ network, listener, client, server })
      } finally {
        client.close()
        server.close()
        await listener.close()
      }
    })

  fact('both ends know the address of the other', async ({ listener, client, server }) => {
    assert.deepEqual(client.remote, { host: '127.0.0.1', port: listener.address.port })
    assert.deepEqual(server.remote, client.local)
    assert.deepEqual(server.local, client.remote)
  })

  fact('bytes arrive in order whatever the sizes of chunks and buffers', async ({ client, server }) => {
    const sizes = fc.array(fc.oneof(fc.nat(50), fc.nat(100_000)), { minLength: 1, maxLength: 12 })
    const rooms = fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1000, max: 80_000 })), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(sizes, rooms, async (chunkSizes, bufferSizes) => {
        const collected = new Collected(bufferSizes)
        server.onData(collected)
        const chunks = chunkSizes.map((size, i) => Buffer.alloc(size, 65 + i))
        const half = chunks.length >> 1
        await Promise.all([client.send(chunks.slice(0, half)), client.send(chunks.slice(half))])
        await collected.reach(chunkSizes.reduce((sum, size) => sum + size, 0))
        assert.ok(collected.text === Buffer.concat(chunks).toString('latin1'))
      }),
      { numRuns: 20 },
    )
  })

  fact('what came before anybody took it is not lost', async ({ client, server }) => {
    await client.send([Buffer.from('early')])
    await server.send([Buffer.from('bird')])
    await turns(20)
    const [atServer, atClient] = [new Collected([3]), new Collected([3])]
    server.onData(atServer)
    client.onData(atClient)
    await Promise.all([atServer.reach(5), atClient.reach(4)])
    assert.equal(atServer.text + atClient.text, 'earlybird')
  })

  fact('a paused connection takes nothing in; what is sent to it piles up as unsent', async ({ client, server }) => {
    const collected = new Collected()
    server.onData(collected)
    server.pause()
    await turns(10)
    const sent = client.send([Buffer.alloc(30_000_000, 'x')])
    assert.equal(client.unsent, 30_000_000)
    await turns(30)
    const before = collected.size
    await turns(30)
    assert.ok(collected.size === before && before <= 64 * 1024, `${collected.size} bytes came while paused`)
    assert.ok(client.unsent > 0)
    server.resume()
    await Promise.all([sent, collected.reach(30_000_000)])
    assert.equal(client.unsent, 0)
  })

  fact('closing tells both ends, and later sends fail', async ({ client, server }) => {
    server.onData(new Collected())
    client.onData(new Collected())
    const both = Promise.all([closed(client), closed(server)])
    client.close()
    client.close()
    await both
    await assert.rejects(client.send([Buffer.from('x')]), /is closed/)
    await assert.rejects(server.send([Buffer.from('x')]), /is closed/)
    assert.equal(await closed(server), undefined, 'one who asks late is told too')
  })

  fact('a connection that goes away while sending rejects what was not taken', async ({ client, server }) => {
    client.onData(new Collected())
    const sent = client.send([Buffer.alloc(30_000_000)])
    await turns(10)
    server.close()
    await assert.rejects(sent)
    await closed(client)
  })

  fact('an intake that throws costs its own connection only', async ({ network, listener, client, server }) => {
    server.onData({
      buffer: () => new Uint8Array(10),
      received: () => {
        throw new Error('a bug')
      },
    })
    client.onData(new Collected())
    await client.send([Buffer.from('x')])
    assert.match(String(await closed(server)), /a bug/)
    await closed(client)
    ;(await network.connect(listener.address)).close()
  })

  fact('after close nobody comes in, and those inside stay', async ({ network, listener, client, server }) => {
    await listener.close()
    await listener.close()
    await assert.rejects(network.connect(listener.address), isRefused)
    const collected = new Collected()
    server.onData(collected)
    await client.send([Buffer.from('still here')])
    await collected.reach(10)
  })

  fact('an address in use is refused with its name and the next step', async ({ network, listener }) => {
    const { port } = listener.address
    await assert.rejects(
      network.listen({ host: '127.0.0.1', port }, () => {}),
      new RegExp(`127\\.0\\.0\\.1, port ${port}.*another port`),
    )
  })

  test(`${name}: localhost is every loopback address on one port`, { timeout: 20_000 }, async () => {
    const network = make()
    const listener = await network.listen({ host: 'localhost', port: 0 }, (connection) => connection.close())
    const { port } = listener.address
    assert.ok(port > 0)
    for (const host of ['127.0.0.1', ...((await hasIpv6(network)) ? ['::1'] : [])]) {
      const connection = await network.connect({ host, port })
      connection.onData(new Collected())
      await closed(connection)
    }
    await listener.close()
    await assert.rejects(network.connect({ host: 'localhost', port }), isRefused)
  })

  test(`${name}: an empty host is every interface, and IPv4 addresses look like that`, { timeout: 20_000 }, async () => {
    const network = make()
    const hosts: string[] = []
    const listener = await network.listen({ host: '', port: 0 }, (connection) => {
      hosts.push(connection.remote.host)
      connection.close()
    })
    const connection = await network.connect({ host: '127.0.0.1', port: listener.address.port })
    connection.onData(new Collected())
    await closed(connection)
    assert.deepEqual(hosts, ['127.0.0.1'])
    await listener.close()
  })
}

async function hasIpv6(network: Network): Promise<boolean> {
  try {
    await (await network.listen({ host: '::1', port: 0 }, () => {})).close()
    return true
  } catch {
    return false
  }
}
