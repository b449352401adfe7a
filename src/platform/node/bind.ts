// Binds servers of Node to addresses as configurations name them, and says what to do where that is refused.

import type * as net from 'node:net'
import { PortTaken } from '../http.ts'
import type { Address } from '../network.ts'

const BACKLOG = 1024
const PORT_TRIES = 10
/** No IPv6 on this machine: `localhost` is then 127.0.0.1 alone. */
export const NO_SUCH_FAMILY = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])

/**
 * As many servers out of `make` as the address needs: `localhost` is both loopback addresses, on one port. `key` is the configuration that
 * named it, for who reads the refusal. Rejects with PortTaken where another process listens there.
 */
export async function bind<T extends net.Server>({ host, port }: Address, key: string, make: () => T): Promise<T[]> {
  const open = (at: string | undefined, on: number) => openOne(make(), at, on, key)
  return host === 'localhost' ? openLoopback(open, port) : [await open(anyHost(host), port)]
}

export function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port
}

export function codeOf(why: Error): string {
  return (why as NodeJS.ErrnoException).code ?? why.message
}

function anyHost(host: string): string | undefined {
  return host === '' || host === '0.0.0.0' || host === '::' ? undefined : host
}

type Open<T> = (host: string | undefined, port: number) => Promise<T>

/** Both loopback addresses on one port. A port chosen for the first may be taken on the second: then another one is tried. */
async function openLoopback<T extends net.Server>(open: Open<T>, port: number): Promise<T[]> {
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

function openOne<T extends net.Server>(server: T, host: string | undefined, port: number, key: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const refuse = (why: Error) => {
      const code = codeOf(why)
      const Kind = code === 'EADDRINUSE' ? PortTaken : Error
      reject(new Kind(advise(`${host ?? 'every interface'}, port ${port}`, code, key), { cause: why }))
    }
    server.once('error', refuse)
    server.listen({ port, backlog: BACKLOG, ...(host !== undefined && { host }) }, () => {
      server.off('error', refuse)
      resolve(server)
    })
  })
}

function advise(where: string, code: string, key: string): string {
  const hosts = key === 'listeners' ? 'listeners (an empty host is every interface)' : 'metrics.host'
  switch (code) {
    case 'EADDRINUSE': {
      const zero = key === 'listeners' ? '0 takes a free one' : '0 is off'
      return `could not listen on ${where}: another process does; stop it, or choose another port in ${key} (${zero})`
    }
    case 'EACCES':
      return `could not listen on ${where}: not permitted; ports below 1024 need a privilege, choose another one in ${key}`
    case 'EADDRNOTAVAIL':
      return `could not listen on ${where}: this machine does not have that address; see ${hosts}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `could not listen on ${where}: the host name is not known here; see ${hosts}`
    default:
      return `could not listen on ${where}: ${code}`
  }
}
