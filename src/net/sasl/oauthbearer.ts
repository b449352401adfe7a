// OAUTHBEARER (RFC 7628, KIP-255): a token that somebody else gave.

import { type SaslClient, SaslRefused } from './mechanism.ts'

export interface BearerToken {
  readonly value: string
  /** SASL extensions (KIP-342), by name. */
  readonly extensions?: Readonly<Record<string, string>>
}

const KVSEP = '\x01'

/** RFC 7628, section 3.1: letters, and what can be printed. */
function checkExtension(name: string, text: string): void {
  if (!/^[A-Za-z]+$/.test(name) || name === 'auth')
    throw new SaslRefused(`${name} is no name of a SASL extension: it has letters only, and is not auth`)
  if (!/^[\x20-\x7e\t\r\n]+$/.test(text))
    throw new SaslRefused(`the SASL extension ${name} holds characters that cannot be sent (RFC 7628)`)
}

/** @param token asked for at each login */
export function oauthBearer(token: () => Promise<BearerToken>): SaslClient {
  let trouble: string | null = null
  return {
    mechanism: 'OAUTHBEARER',
    async begin() {
      const { value, extensions = {} } = await token()
      if (!/^[\w.~+/-]+=*$/.test(value)) throw new SaslRefused('the token holds characters that no bearer token has (RFC 6750)')
      for (const [name, text] of Object.entries(extensions)) checkExtension(name, text)
      const fields = [['auth', `Bearer ${value}`], ...Object.entries(extensions)].map(([name, text]) => `${name}=${text}${KVSEP}`)
      return Buffer.from(`n,,${KVSEP}${fields.join('')}${KVSEP}`)
    },
    answer(challenge) {
      if (challenge.length === 0) return null
      if (trouble !== null) throw new SaslRefused(`the server refuses the token: ${trouble}`)
      // It says why, and refuses when it has heard that this was understood.
      trouble = Buffer.from(challenge).toString()
      return Buffer.from(KVSEP)
    },
  }
}
