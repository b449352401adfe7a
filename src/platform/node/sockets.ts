// Connections over sockets that a program makes itself, or tells Node how to make: with TLS options of Node's own, through a proxy, ...

import { isIP, type Socket } from 'node:net'
import * as tls from 'node:tls'
import type { Address, Connection, Network } from '../network.ts'
import { NodeConnection, Tap } from './connection.ts'
import { explained, withRefusals } from './tls.ts'

/** Makes a socket, and calls `onConnect` when bytes may be sent on it. */
export type MakeSocket = (address: Address, onConnect: () => void) => Socket

/** `connect` rejects with what the socket says before it is connected: ConnectRefused, TlsRefused, or another Error. */
export function socketNetwork(make: MakeSocket): Pick<Network, 'connect'> {
  return {
    connect: (address, signal) =>
      new Promise<Connection>((resolve, reject) => {
        const settle = () => {
          socket.off('error', refuse)
          socket.off('close', close)
          signal?.removeEventListener('abort', giveUp)
        }
        const refuse = (why: Error) => {
          settle()
          reject(explained(address, why))
        }
        const close = () => refuse(new Error('the socket was closed before it was connected'))
        const giveUp = () => {
          settle()
          socket.on('error', () => {}) // it is told already that nobody waits for it
          socket.destroy()
          reject(signal!.reason)
        }
        const socket = make(address, () => {
          settle()
          resolve(new NodeConnection(withRefusals(socket, address), new Tap(), true))
        })
        socket.once('error', refuse)
        socket.once('close', close)
        if (signal?.aborted) return giveUp()
        signal?.addEventListener('abort', giveUp)
      }),
  }
}

/** TLS with Node's own options, for each connection; the name of the server is that of the address. */
export function tlsNetwork(options: tls.ConnectionOptions): Pick<Network, 'connect'> {
  return socketNetwork(({ host, port }, onConnect) => {
    const name = isIP(host) === 0 ? { servername: host } : {}
    const socket = tls.connect({ host, port, ...name, ...options }, onConnect)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    return socket
  })
}

const KEEP_ALIVE_MS = 60_000
