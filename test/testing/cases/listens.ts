// Whether a port is anybody's.

import { connect } from 'node:net'

/** Whether somebody accepts connections at host:port. */
export function listens(server: string): Promise<boolean> {
  const [host = '', port] = server.split(':')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.unref().on('connect', () => socket.destroy())
  })
}
