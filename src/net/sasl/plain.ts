// PLAIN (RFC 4616): name and password as they are. Use it over TLS.

import type { SaslClient } from './mechanism.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Throws a TypeError for a name or password with a zero byte, which the mechanism cannot say. */
export function plain({ username, password }: Credentials): SaslClient {
  if (username.includes('\0') || password.includes('\0')) throw new TypeError('PLAIN has no zero bytes in names and passwords')
  return {
    mechanism: 'PLAIN',
    begin: () => Buffer.from(`\0${username}\0${password}`),
    answer: () => null,
  }
}
