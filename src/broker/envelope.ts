// A client's request inside of a broker's own (KIP-590): what goes to the active controller, and what comes back.

import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { KafkaError } from '../protocol/errors.ts'
import { DefaultPrincipalData } from '../protocol/messages/records/control.ts'
import { codec } from '../protocol/schema.ts'

const PRINCIPAL_VERSION = 0
const NOWHERE = '0.0.0.0'

/** `User:alice` as a broker tells it: the version of its form, then type and name. */
export function principalData(principal: string): Uint8Array {
  const colon = principal.indexOf(':')
  const to = new ByteWriter()
  to.int16(PRINCIPAL_VERSION)
  codec(DefaultPrincipalData, PRINCIPAL_VERSION).write(to, { type: principal.slice(0, colon), name: principal.slice(colon + 1) })
  return Buffer.concat(to.chunks())
}

/** Throws PRINCIPAL_DESERIALIZATION_FAILURE where the bytes name nobody. */
export function readPrincipal(bytes: Uint8Array | null): string {
  try {
    const from = new ByteReader(bytes ?? new Uint8Array())
    const version = from.int16()
    if (version !== PRINCIPAL_VERSION) throw new Error(`version ${version} of a principal; ${PRINCIPAL_VERSION} is known`)
    const { type, name } = codec(DefaultPrincipalData, version).read(from)
    return `${type}:${name}`
  } catch (thrown) {
    throw new KafkaError('PRINCIPAL_DESERIALIZATION_FAILURE', (thrown as Error).message, { cause: thrown })
  }
}

/** `/127.0.0.1` as four bytes, an address of version 6 as sixteen. A name that is no address becomes the one that stands for none. */
export function addressBytes(clientHost: string): Uint8Array {
  const host = clientHost.replace(/^\//, '').replace(/%.*$/, '')
  if (host.includes(':')) return version6(host)
  const parts = (/^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? host : NOWHERE).split('.').map(Number)
  return Uint8Array.from(parts)
}

function version6(host: string): Uint8Array {
  // An address of version 4 inside: its two last groups.
  const text = host.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${pair(a, b)}:${pair(c, d)}`)
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => part.split(':').filter(Boolean)
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
  const bytes = Buffer.alloc(16)
  all.slice(0, 8).forEach((group, at) => void bytes.writeUInt16BE(group & 0xffff, 2 * at))
  return bytes
}

const pair = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16)

/** The address in a client's own words, `/127.0.0.1`. Throws INVALID_REQUEST where it is none. */
export function readAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return `/${[...bytes].join('.')}`
  if (bytes.length !== 16) throw new KafkaError('INVALID_REQUEST', `${bytes.length} bytes are no address of a client`)
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16))
  return `/${groups.join(':')}`
}
