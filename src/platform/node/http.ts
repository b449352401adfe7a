// HTTP through Node, with a bound for everything that a client may take: connections, bytes of headers, time.

import { once } from 'node:events'
import * as nodeHttp from 'node:http'
import type { Socket } from 'node:net'
import type { Http, HttpAnswer, HttpOptions } from '../http.ts'
import type { Listener } from '../network.ts'
import { bind, portOf } from './bind.ts'

/** How often Node looks for requests that take too long. */
const CHECK_MS = 1000

export function nodeHttpServer(): Http {
  return { listen }
}

async function listen(options: HttpOptions): Promise<Listener> {
  const { address, key, onError } = options
  const servers = await bind(address, key, () => server(options))
  for (const one of servers) one.on('error', onError)
  return {
    address: { host: address.host, port: portOf(servers[0]!) },
    close: async () => {
      const closed = servers.map((one) => new Promise<void>((resolve) => one.close(() => resolve())))
      for (const one of servers) one.closeAllConnections()
      await Promise.all(closed)
    },
  }
}

function server(options: HttpOptions): nodeHttp.Server {
  const { maxConnections, maxHeaderBytes, headerTimeoutMs, idleTimeoutMs } = options
  const made = nodeHttp.createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headerTimeoutMs,
    requestTimeout: headerTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, headerTimeoutMs),
  })
  made.maxConnections = maxConnections
  makeRoom(made, maxConnections)
  made.on('request', (request, response) => {
    const late = setTimeout(() => response.destroy(), options.answerTimeoutMs).unref()
    response.on('close', () => clearTimeout(late))
    answer(request, response, options).catch((why: unknown) => {
      response.destroy()
      options.onError(why)
    })
  })
  // Who sends garbage, or too much of it, or too slowly, is told in one line, as Node does by itself, and closed; it is no trouble of ours.
  made.on('clientError', (why: NodeJS.ErrnoException, socket) => {
    const status = why.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    else socket.destroy()
  })
  return made
}

/** Who keeps a connection only for later gives way to who comes now: the one that rests longest. */
function makeRoom(server: nodeHttp.Server, maxConnections: number): void {
  let open = 0
  const resting = new Set<Socket>()
  server.on('connection', (socket) => {
    open++
    socket.on('close', () => {
      open--
      resting.delete(socket)
    })
    if (open >= maxConnections) for (const one of [...resting].slice(0, 1)) one.destroy()
  })
  server.on('request', ({ socket }, response) => {
    resting.delete(socket)
    response.on('finish', () => void (socket.destroyed || resting.add(socket)))
  })
}

async function answer(
  request: nodeHttp.IncomingMessage,
  response: nodeHttp.ServerResponse,
  { answer: ask }: HttpOptions,
): Promise<void> {
  const { method = 'GET', url = '/' } = request
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined
  const { status, type, body } = await ask({ method, path: url.split('?', 1)[0]! })
  response.statusCode = status
  response.setHeader('Content-Type', type)
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (hasBody) response.setHeader('Connection', 'close') // nobody here reads it
  if (typeof body === 'string') response.end(method === 'HEAD' ? '' : body)
  else await give(body, response)
}

/** A client that reads slowly is waited for, so that no more than one piece lies here; one that left ends the making of pieces. */
async function give(pieces: Exclude<HttpAnswer['body'], string>, response: nodeHttp.ServerResponse): Promise<void> {
  const left = new AbortController()
  response.on('close', () => left.abort())
  for await (const piece of pieces) {
    if (response.destroyed) return
    if (response.write(piece)) continue
    try {
      await once(response, 'drain', { signal: left.signal })
    } catch (why) {
      if (left.signal.aborted) return
      throw why
    }
  }
  response.end()
}
