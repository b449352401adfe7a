// TLS over TCP, through Node: the client's side of it.

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import * as tls from 'node:tls'
import {
  type Address,
  type Connection,
  ConnectRefused,
  type Network,
  type PemSource,
  serverText,
  TlsRefused,
  type TlsSettings,
} from '../network.ts'
import { codeOf } from './bind.ts'
import { onceConnected } from './connecting.ts'
import { NodeConnection, Tap } from './connection.ts'

/** How Node calls what the other end's certificate, or this one's, is refused for. */
const REFUSALS =
  /^(CERT_|CRL_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER|VERIFY|DECRYPT)|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO)/
/** The other end went away without a word: it was killed, or something between cut the connection. */
const CUT_OFF = /unexpected.eof/i

/** Connections with TLS by these settings. Files are read for each of them. */
export function secured(settings: TlsSettings): Pick<Network, 'connect'> {
  /** They were good once: a file that cannot be read is being renewed. */
  let wereGood = false
  return {
    async connect(address, signal) {
      const socket = connecting(settings, address, wereGood)
      socket.setNoDelay(true)
      socket.setKeepAlive(true, KEEP_ALIVE_MS)
      const connection = await onceConnected(socket, 'secureConnect', {
        signal,
        made: () => connectionOf(socket, address),
        explained: (why) => explained(address, why),
      })
      wereGood = true
      return connection
    },
  }
}

const KEEP_ALIVE_MS = 60_000

function connecting(settings: TlsSettings, address: Address, wereGood: boolean): tls.TLSSocket {
  try {
    return tls.connect({ ...optionsOf(settings), ...hostOf(address), port: address.port })
  } catch (thrown) {
    if (wereGood) throw new Error(`no TLS with ${serverText(address)} now: ${(thrown as Error).message}`, { cause: thrown })
    throw refused(address, thrown as Error)
  }
}

/** With TLS 1.3 the other end refuses a certificate only after the handshake, by an error on the first read. */
function connectionOf(socket: tls.TLSSocket, address: Address): Connection {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean
  let isTaken = false
  socket.emit = (event: string | symbol, ...args: unknown[]) => {
    const [why] = args
    isTaken ||= event === 'data'
    return event === 'error' && !isTaken && isRefusal(why) ? emit(event, refused(address, why)) : emit(event, ...args)
  }
  return new NodeConnection(socket, new Tap(), true)
}

function isRefusal(why: unknown): why is Error {
  return why instanceof Error && REFUSALS.test(codeOf(why)) && !CUT_OFF.test(`${codeOf(why)} ${why.message}`)
}

function optionsOf({
  trusted,
  own,
  passphrase,
  checksHost,
  minVersion,
  maxVersion,
  ciphers,
}: TlsSettings): tls.ConnectionOptions {
  return {
    minVersion,
    maxVersion,
    ...(trusted ? { ca: textOf(trusted) } : {}),
    ...(own === undefined
      ? {}
      : 'pkcs12' in own
        ? { pfx: readFileSync(own.pkcs12) }
        : { key: textOf(own.key), cert: textOf(own.certificates) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(checksHost ? {} : { checkServerIdentity: () => undefined }),
    ...(ciphers.length > 0 ? { ciphers: ciphers.join(':') } : {}),
  }
}

/** An address has no name to tell the server (RFC 6066). */
function hostOf({ host }: Address): tls.ConnectionOptions {
  return isIP(host) === 0 ? { host, servername: host } : { host }
}

function textOf(source: PemSource): string {
  return 'text' in source ? source.text : readFileSync(source.file, 'utf8')
}

function explained(address: Address, why: Error): Error {
  if (isRefusal(why)) return refused(address, why)
  const code = codeOf(why)
  const Kind = code === 'ECONNREFUSED' ? ConnectRefused : Error
  return new Kind(`could not connect to ${address.host}:${address.port}: ${code}`, { cause: why })
}

function refused({ host, port }: Address, why: Error): TlsRefused {
  return new TlsRefused(`no TLS with ${host}:${port}: ${why.message}`, { cause: why })
}
