import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { TlsRefused } from '../network.ts'
import { secured } from './tls.ts'

const settings = { checksHost: true, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: [] } as const

/** Runs `body` with the port of a server that does `serve` with each connection. */
async function withServer(serve: (socket: Socket) => void, body: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => serve(socket.on('error', () => {}).resume()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await body((server.address() as { port: number }).port)
  } finally {
    await new Promise((resolve) => server.close(resolve)) // resolves when nobody is connected any more
  }
}

test('a handshake that nobody answers is given up, and its connection closed', async () => {
  await withServer(
    () => {},
    async (port) => {
      const giveUp = new AbortController()
      const connecting = secured(settings).connect({ host: '127.0.0.1', port }, giveUp.signal)
      setTimeout(() => giveUp.abort(new Error('enough')), 20)
      await assert.rejects(connecting, /enough/)
      await assert.rejects(secured(settings).connect({ host: '127.0.0.1', port }, giveUp.signal), /enough/)
    },
  )
})

test('who speaks no TLS is refused; who goes away is only gone', async () => {
  await withServer(
    (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    (port) => assert.rejects(secured(settings).connect({ host: '127.0.0.1', port }), TlsRefused),
  )
  await withServer(
    (socket) => void socket.destroy(),
    (port) =>
      assert.rejects(
        secured(settings).connect({ host: '127.0.0.1', port }),
        (why: Error) => !(why instanceof TlsRefused) && /could not connect/.test(why.message),
      ),
  )
})

test('a file that is not there is told as the settings that are wrong', async () => {
  const missing = { ...settings, trusted: { file: '/does/not/exist.pem' } }
  await assert.rejects(
    secured(missing).connect({ host: '127.0.0.1', port: 1 }),
    (why: Error) => why instanceof TlsRefused && /ENOENT/.test(why.message),
  )
})
