// TCP through Node.

import * as net from 'node:net'
import { hostname } from 'node:os'
import type { Logger } from '../logger.ts'
import type { Address, Connection, Listener, Network } from '../network.ts'
import { NodeConnection, Tap } from './connection.ts'

const KEEP_ALIVE_MS = 60_000
const BACKLOG = 1024
const PORT_TRIES = 10
/** No IPv6 on this machine: `localhost` is then 127.0.0.1 alone. */
const NO_SUCH_FAMILY = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])

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

function connect({ host, port }: Address): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const tap = new Tap()
    const onread = { buffer: tap.buffer, callback: tap.callback }
    const socket = net.connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, onread })
    socket.pause() // until somebody takes the data
    const refuse = (why: Error) => reject(new Error(`could not connect to ${host}:${port}: ${codeOf(why)}`, { cause: why }))
    socket.once('error', refuse)
    socket.once('connect', () => {
      socket.off('error', refuse)
      resolve(new NodeConnection(socket, tap, false))
    })
  })
}

async function listen(address: Address, accept: (socket: net.Socket) => void, logger?: Logger): Promise<Listener> {
  const servers =
    address.host === 'localhost' ? await openLoopback(address.port) : [await open(anyHost(address.host), address.port)]
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

function anyHost(host: string): string | undefined {
  return host === '' || host === '0.0.0.0' || host === '::' ? undefined : host
}

/** Both loopback addresses on one port. A port chosen for the first may be taken on the second: then another one is tried. */
async function openLoopback(port: number): Promise<net.Server[]> {
  for (let tries = 1; ; tries++) {
    const first = await open('127.0.0.1', port)
    try {
      return [first, await open('::1', portOf(first))]
    } catch (thrown) {
      const { code } = (thrown as Error).cause as NodeJS.ErrnoException
      if (NO_SUCH_FAMILY.has(code ?? '')) return [first]
      first.close()
      if (port !== 0 || code !== 'EADDRINUSE' || tries === PORT_TRIES) throw thrown
    }
  }
}

function open(host: string | undefined, port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    // Paused, so that no byte is read before the handle has its owner.
    const options = { pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }
    const server = net.createServer(options)
    const refuse = (why: Error) => reject(new Error(advise(host, port, codeOf(why)), { cause: why }))
    server.once('error', refuse)
    server.listen({ port, backlog: BACKLOG, ...(host !== undefined && { host }) }, () => {
      server.off('error', refuse)
      resolve(server)
    })
  })
}

function advise(host: string | undefined, port: number, code: string): string {
  const where = `${host ?? 'every interface'}, port ${port}`
  switch (code) {
    case 'EADDRINUSE':
      return `could not listen on ${where}: another process does; stop it, or choose another port in listeners (0 takes a free one)`
    case 'EACCES':
      return `could not listen on ${where}: not permitted; ports below 1024 need a privilege, choose another one in listeners`
    case 'EADDRNOTAVAIL':
      return `could not listen on ${where}: this machine does not have that address; see listeners (an empty host is every interface)`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `could not listen on ${where}: the host name is not known here; see listeners (an empty host is every interface)`
    default:
      return `could not listen on ${where}: ${code}`
  }
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port
}

function codeOf(why: Error): string {
  return (why as NodeJS.ErrnoException).code ?? why.message
}
