// OAUTHBEARER (RFC 7628, KIP-255): a token that somebody else gave.

import { type SaslClient, SaslRefused } from './mechanism.ts'

export interface BearerToken {
  readonly value: string
  /** SASL extensions (KIP-342), by name. */
  readonly extensions?: Readonly<Record<string, string>>
}

const KVSEP = '\x01'

/** @param token asked for at each login */
export function oauthBearer(token: () => Promise<BearerToken>): SaslClient {
  let trouble: string | null = null
  return {
    mechanism: 'OAUTHBEARER',
    async begin() {
      const { value, extensions = {} } = await token()
      if (!/^[\w.~+/-]+=*$/.test(value)) throw new SaslRefused('the token holds characters that no bearer token has (RFC 6750)')
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
