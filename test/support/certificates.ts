// Certificates for tests, made when they are needed: self-signed, for these names, valid from one time to another (RFC 5280, in DER).

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface Certificate {
  /** Both as PEM. */
  readonly key: string
  readonly certificate: string
}

export interface CertificateOptions {
  /** Hosts or IPv4 addresses that it is made out for. */
  readonly names?: readonly string[]
  /** Milliseconds since 1970. */
  readonly from?: number
  readonly until?: number
}

const DAY_MS = 86_400_000
const BOOLEAN = 1
const INTEGER = 2
const BIT_STRING = 3
const OCTET_STRING = 4
const OID = 6
const UTF8 = 12
const GENERALIZED_TIME = 24
const SEQUENCE = 0x30
const SET = 0x31
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2))
const COMMON_NAME = oid(0x55, 4, 3)
const SUBJECT_ALT_NAME = oid(0x55, 0x1d, 17)
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 19)

/** A key and a certificate that it signed itself. */
export function selfSigned({
  names = ['localhost', '127.0.0.1'],
  from = Date.now() - DAY_MS,
  until = Date.now() + DAY_MS,
}: CertificateOptions = {}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(der(SET, sequence(COMMON_NAME, der(UTF8, Buffer.from(names[0]!)))))
  const extensions = sequence(
    sequence(SUBJECT_ALT_NAME, der(OCTET_STRING, sequence(...names.map(altName)))),
    sequence(BASIC_CONSTRAINTS, der(BOOLEAN, Buffer.of(0xff)), der(OCTET_STRING, sequence(der(BOOLEAN, Buffer.of(0xff))))),
  )
  const body = sequence(
    der(0xa0, der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  const signature = sign('sha256', body, privateKey)
  const whole = sequence(body, ECDSA_WITH_SHA256, der(BIT_STRING, Buffer.concat([Buffer.of(0), signature])))
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n').trim()
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}

function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

function sequence(...parts: Uint8Array[]): Buffer {
  return der(SEQUENCE, Buffer.concat(parts))
}

function oid(...bytes: number[]): Buffer {
  return der(OID, Buffer.of(...bytes))
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(GENERALIZED_TIME, Buffer.from(text))
}

function altName(name: string): Buffer {
  return isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name))
}
