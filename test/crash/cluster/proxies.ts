// Cuts between nodes where network namespaces are not allowed: everybody is reached through a proxy in this process, which knows who asks by
// the client id of the first request (`raft-client-2`, `broker-2-fetcher-0`, `2`), and holds back what a cut would.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { ByteReader } from '../../../src/base/bytes.ts'
import { type Between, type End, IDS } from './between.ts'

/** Length, API key and version, correlation id, and the length of the client id. */
const HEAD = 14

interface Wire {
  /** Null until it is known. */
  from: End | null
  readonly to: End
  readonly near: Socket
  readonly far: Socket
}

export class Proxies implements Between {
  readonly what = 'TCP proxies between the nodes'
  readonly #servers: Server[] = []
  readonly #wires = new Set<Wire>()
  readonly #cuts = new Set<string>()

  get settings() {
    return { front: (id: number, port: number) => this.#front(id, port) }
  }

  /** Opens a port in front of one of a node's. */
  #front(id: number, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer((near) => this.#open(near, id, port)).once('error', reject)
      this.#servers.push(server)
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
  }

  #open(near: Socket, to: number, port: number): void {
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    near.setNoDelay(true)
    const wire: Wire = { from: null, to, near, far }
    this.#wires.add(wire)
    const end = () => {
      this.#wires.delete(wire)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
    let first = Buffer.alloc(0)
    near.on('data', (bytes) => {
      if (wire.from !== null) return void far.write(bytes)
      first = Buffer.concat([first, bytes])
      wire.from = callerOf(first)
      if (wire.from === null) return
      far.write(first)
      this.#hold(wire)
    })
    far.on('data', (bytes) => void near.write(bytes))
  }

  /** Neither end is read from while what it says would not arrive. A connection whose packets are lost in one direction carries nothing new in the other soon. */
  #hold({ from, to, near, far }: Wire): void {
    if (from === null) return
    this.#cuts.has(`${from} ${to}`) ? near.pause() : near.resume()
    this.#cuts.has(`${to} ${from}`) ? far.pause() : far.resume()
  }

  cut(from: End, to: End): void {
    this.#cuts.add(`${from} ${to}`)
    for (const wire of this.#wires) this.#hold(wire)
  }

  heal(): void {
    this.#cuts.clear()
    for (const wire of this.#wires) this.#hold(wire)
  }

  takeAway(): void {
    for (const { near, far } of this.#wires) {
      near.destroy()
      far.destroy()
    }
    for (const server of this.#servers) server.close()
  }
}

/** Who wrote these first bytes; null while there are too few of them. */
function callerOf(bytes: Buffer): End | null {
  if (bytes.length < HEAD) return null
  const length = new ByteReader(bytes.subarray(HEAD - 2)).int16()
  if (bytes.length < HEAD + length) return null
  const id = /^(?:raft-client-|broker-)?(\d+)(?:-fetcher-\d+)?$/.exec(
    bytes.toString('utf8', HEAD, HEAD + Math.max(0, length)),
  )?.[1]
  return IDS.find((each) => each === Number(id)) ?? 'clients'
}
