import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { ConnectRefused, TlsRefused } from '../network.ts'
import { socketNetwork, tlsNetwork } from './sockets.ts'

/** Runs `body` with the port of a server that does `serve` with each connection. */
async function withServer(serve: (socket: Socket) => void, body: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => serve(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await body((server.address() as { port: number }).port)
  } finally {
    await new Promise((resolve) => server.close(resolve)) // resolves when nobody is connected any more
  }
}

test("bytes go both ways over a socket of the program's own", async () => {
  const network = socketNetwork((address, onConnect) => connect(address, onConnect))
  await withServer(
    (socket) => void socket.pipe(socket),
    async (port) => {
      const connection = await network.connect({ host: '127.0.0.1', port })
      const buffer = new Uint8Array(16)
      const came = new Promise<number>((resolve) => connection.onData({ buffer: () => buffer, received: resolve }))
      await connection.send([Buffer.from('hello')])
      assert.equal(Buffer.from(buffer.subarray(0, await came)).toString(), 'hello')
      connection.close()
    },
  )
})

test('a socket that does not arrive is told as every network does', async () => {
  const network = socketNetwork((address, onConnect) => connect(address, onConnect))
  await assert.rejects(network.connect({ host: '127.0.0.1', port: 1 }), ConnectRefused)
  await withServer(
    () => {},
    async (port) => {
      const silent = socketNetwork((address) => connect(address))
      const giveUp = new AbortController()
      const connecting = silent.connect({ host: '127.0.0.1', port }, giveUp.signal)
      giveUp.abort(new Error('enough'))
      await assert.rejects(connecting, /enough/)
      await assert.rejects(silent.connect({ host: '127.0.0.1', port }, giveUp.signal), /enough/)
    },
  )
})

test('who speaks no TLS is refused', async () => {
  await withServer(
    (socket) => void socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    (port) => assert.rejects(tlsNetwork({}).connect({ host: '127.0.0.1', port }), TlsRefused),
  )
})
