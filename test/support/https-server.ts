// A server over TLS for the length of a test, on this machine's loopback.

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type Certificate, selfSigned } from './certificates.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Made once: it takes as long as everything else of such a test. */
const own = selfSigned()

/** Gives its port, at localhost, and the certificate to trust. */
export async function httpsServer(t: TestContext, answer: Answer, { key, certificate }: Certificate = own) {
  const server = createServer({ key, cert: certificate }, answer)
  server.listen(0, '127.0.0.1')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, certificate }
}
