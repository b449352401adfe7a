// SCRAM (RFC 5802, RFC 7677): both ends prove that they know the password, and neither says it. As in Kafka, names and passwords are taken in UTF-8 without
// being prepared.

import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { type SaslClient, SaslRefused } from './mechanism.ts'
import type { Credentials } from './plain.ts'

const hashes = { 'SCRAM-SHA-256': { hash: 'sha256', size: 32 }, 'SCRAM-SHA-512': { hash: 'sha512', size: 64 } } as const
export type ScramMechanism = keyof typeof hashes

/** Fewer would be a server that wants the password guessed (RFC 7677). */
const LEAST_ITERATIONS = 4096
/** More would be a server that wants this machine kept busy; Kafka itself allows 16,384. */
const MOST_ITERATIONS = 100_000
/** No channel binding. */
const GS2_HEADER = 'n,,'

export interface ScramOptions extends Credentials {
  readonly mechanism: ScramMechanism
  /** Fresh for every login: letters and digits. */
  readonly nonce: string
  /** The credentials are a delegation token's id and secret (KIP-48). */
  readonly isToken?: boolean
}

export function scram({ mechanism, username, password, nonce, isToken = false }: ScramOptions): SaslClient {
  const { hash, size } = hashes[mechanism]
  const name = username.replaceAll('=', '=3D').replaceAll(',', '=2C')
  const firstBare = `n=${name},r=${nonce}${isToken ? ',tokenauth=true' : ''}`
  let expected: Buffer | null = null

  async function proof(serverFirst: string): Promise<Uint8Array> {
    const said = fieldsOf(serverFirst)
    const iterations = Number(said.get('i'))
    const serverNonce = said.get('r') ?? ''
    const salt = Buffer.from(said.get('s') ?? '', 'base64')
    if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) {
      throw new SaslRefused('the server does not repeat the nonce of this login')
    }
    if (salt.length === 0 || !Number.isInteger(iterations) || iterations < LEAST_ITERATIONS || iterations > MOST_ITERATIONS) {
      throw new SaslRefused(
        `the server asks for ${said.get('i')} iterations; ${LEAST_ITERATIONS} to ${MOST_ITERATIONS} are taken`,
      )
    }
    const salted = await derived(password, salt, iterations)
    const clientKey = hmac(salted, 'Client Key')
    const finalBare = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${serverNonce}`
    const message = `${firstBare},${serverFirst},${finalBare}`
    const signature = hmac(createHash(hash).update(clientKey).digest(), message)
    const proven = clientKey.map((byte, i) => byte ^ signature[i]!)
    expected = hmac(hmac(salted, 'Server Key'), message)
    return Buffer.from(`${finalBare},p=${Buffer.from(proven).toString('base64')}`)
  }

  function verify(serverFinal: string): null {
    const said = fieldsOf(serverFinal)
    if (said.has('e')) throw new SaslRefused(`the server refuses: ${said.get('e')}`)
    const signature = Buffer.from(said.get('v') ?? '', 'base64')
    if (signature.length !== expected!.length || !timingSafeEqual(signature, expected!)) {
      throw new SaslRefused('the server does not know the password: it is not who it should be')
    }
    return null
  }

  /** Beside the event loop: it is made to take long. */
  function derived(text: string, salt: Uint8Array, iterations: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      pbkdf2(text, salt, iterations, size, hash, (why, key) => (why ? reject(why) : resolve(key)))
    })
  }

  function hmac(key: Uint8Array, text: string): Buffer {
    return createHmac(hash, key).update(text).digest()
  }

  return {
    mechanism,
    begin: () => Buffer.from(GS2_HEADER + firstBare),
    answer: async (challenge) => (expected ? verify(textOf(challenge)) : proof(textOf(challenge))),
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

/** `a=1,b=2`; a value may hold `=`. */
function fieldsOf(text: string): Map<string, string> {
  return new Map(text.split(',').map((field) => [field.slice(0, 1), field.slice(2)]))
}
