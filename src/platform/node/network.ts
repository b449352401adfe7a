// TCP through Node.

import * as net from 'node:net'
import { hostname } from 'node:os'
import type { Logger } from '../logger.ts'
import { type Address, type Connection, ConnectRefused, type Listener, type Network } from '../network.ts'
import { bind, codeOf, NO_SUCH_FAMILY, portOf } from './bind.ts'
import { onceConnected } from './connecting.ts'
import { NodeConnection, Tap } from './connection.ts'
import { secured } from './tls.ts'

const KEEP_ALIVE_MS = 60_000

export interface NodeNetworkOptions {
  /** Told when accepting fails. */
  readonly logger?: Logger
  /** Reads accepted connections by 'data' events, as must be done where Node hides its handles. */
  readonly byEvents?: boolean
}

export function nodeNetwork({ logger, byEvents = false }: NodeNetworkOptions = {}): Network {
  return {
    hostName: hostname(),
    listen: (address, accept) => listen(address, (socket) => accept(adopt(socket, byEvents)), logger),
    connect,
    secured,
  }
}

/** What Node's sockets are made of; undocumented, so its absence is survived. */
interface WithHandle {
  _handle?: { useUserBuffer?: unknown } | null
}

/**
 * net.Server has no `onread`, so the socket it made is left without its handle and another takes it over: the same on Node 20, 22 and 24.
 * The server goes on counting the first one, which nobody asks for.
 */
function adopt(socket: net.Socket, byEvents: boolean): Connection {
  const tap = new Tap()
  const bare = socket as WithHandle
  const handle = bare._handle
  if (byEvents || typeof handle?.useUserBuffer !== 'function') return new NodeConnection(socket, tap, true)
  bare._handle = null
  const options = {
    handle,
    manualStart: true,
    readable: true,
    writable: true,
    onread: { buffer: tap.buffer, callback: tap.callback },
  }
  return new NodeConnection(new net.Socket(options as net.SocketConstructorOpts), tap, false)
}

function connect({ host, port }: Address, signal?: AbortSignal): Promise<Connection> {
  const tap = new Tap()
  const onread = { buffer: tap.buffer, callback: tap.callback }
  const socket = net.connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, onread })
  socket.pause() // until somebody takes the data
  return onceConnected(socket, 'connect', {
    signal,
    made: () => new NodeConnection(socket, tap, false),
    explained: (why) => {
      const Kind = isRefused(why) ? ConnectRefused : Error
      return new Kind(`could not connect to ${host}:${port}: ${codeOf(why)}`, { cause: why })
    },
  })
}

/** A name may stand for several addresses: then all of them have to say so that this machine can reach. */
function isRefused(why: Error): boolean {
  const codes = (why instanceof AggregateError ? why.errors : [why]).map(codeOf).filter((code) => !NO_SUCH_FAMILY.has(code))
  return codes.length > 0 && codes.every((code) => code === 'ECONNREFUSED')
}

async function listen(address: Address, accept: (socket: net.Socket) => void, logger?: Logger): Promise<Listener> {
  // Paused, so that no byte is read before the handle has its owner.
  const options = { pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }
  const servers = await bind(address, 'listeners', () => net.createServer(options))
  for (const server of servers) {
    server.on('connection', accept)
    server.on('error', (why) =>
      logger?.error('a connection could not be accepted', { listener: `${address.host}:${address.port}`, why }),
    )
  }
  return {
    address: { host: address.host, port: portOf(servers[0]!) },
    // Node closes the descriptors at once but reports it only after the last connection; ours stay open as long as they like.
    close: async () => {
      for (const server of servers) if (server.listening) server.close()
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
  }
}
