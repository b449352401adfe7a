// zookeeper.connect: the servers of an ensemble, and below which of its nodes all of ours lie.

import type { Address } from '../platform/network.ts'

export interface ConnectString {
  readonly servers: readonly Address[]
  /** '' or '/a/b': without a slash at its end. */
  readonly chroot: string
}

const DEFAULT_PORT = 2181

/** `host:port,host:port/chroot`, the chroot once and behind the last server. Throws an Error that names what is wrong. */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/')
  const chroot = slash < 0 ? '' : text.slice(slash).replace(/\/$/, '')
  const servers = (slash < 0 ? text : text.slice(0, slash))
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '')
    .map((server) => parseServer(server, text))
  if (servers.length === 0) throw new Error(`zookeeper.connect=${text} names no server; allowed: host:port,host:port/path`)
  const wrong = chroot === '' ? null : problemOfPath(chroot)
  if (wrong) throw new Error(`zookeeper.connect=${text}: the path ${chroot} ${wrong}`)
  return { servers, chroot }
}

function parseServer(server: string, text: string): Address {
  const found = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(server)
  const port = found?.[3] === undefined ? DEFAULT_PORT : Number(found[3])
  if (!found || port < 1 || port > 65_535)
    throw new Error(
      `zookeeper.connect=${text}: ${server} is not valid; allowed: host:port, separated by commas, with one /path at the end`,
    )
  return { host: found[1] ?? found[2]!, port }
}

/** Why ZooKeeper would refuse this path, in words that follow it; null where it would not. */
function problemOfPath(path: string): string | null {
  for (const name of path.slice(1).split('/')) {
    if (name === '') return 'has an empty name in it'
    if (name === '.' || name === '..') return `has the name ${name} in it`
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what ZooKeeper refuses
    if (/[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/.test(name))
      return 'has characters in it that ZooKeeper does not take'
  }
  return null
}
