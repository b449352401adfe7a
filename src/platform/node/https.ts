// HTTP over TLS through Node: the client's side of it.

import { lookup } from 'node:dns'
import * as nodeHttps from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { AddressRefused, type Https, type HttpsAnswer, type HttpsQuestion } from '../https.ts'
import { type Address, serverText, TlsRefused } from '../network.ts'
import { codeOf } from './bind.ts'
import { isPrivate } from './private-addresses.ts'
import { explained, optionsOf } from './tls.ts'

const MAX_HEADER_BYTES = 32 * 1024

export function nodeHttpsClient(): Https {
  return { post }
}

async function post(question: HttpsQuestion): Promise<HttpsAnswer> {
  const { address, signal, mayBePrivate } = question
  signal.throwIfAborted()
  if (!mayBePrivate && isIP(address.host) !== 0) refusePrivate(address.host, address.host)
  try {
    return await asked(question)
  } catch (why) {
    signal.throwIfAborted()
    throw [AddressRefused, GivenUp, TlsRefused].some((Kind) => why instanceof Kind) ? why : explained(address, why as Error)
  }
}

/** A time or a bound was passed, or what came is no answer. */
class GivenUp extends Error {}

function asked(question: HttpsQuestion): Promise<HttpsAnswer> {
  const { address, path, headers, body, mayBePrivate, connectTimeoutMs, answerTimeoutMs, signal } = question
  const { host, port } = address
  const where = serverText(address)
  const tls = tlsOf(question)
  return new Promise((resolve, reject) => {
    const sent = Buffer.from(body)
    const request = nodeHttps.request({
      ...tls,
      host,
      port,
      path,
      method: 'POST',
      headers: { ...headers, 'Content-Length': sent.length },
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      ...(mayBePrivate ? {} : { lookup: publicLookup }),
    })
    const within = (ms: number, what: string) =>
      setTimeout(() => request.destroy(new GivenUp(`${where} ${what} within ${ms} ms`)), ms)
    let timer = within(connectTimeoutMs, 'did not take the connection')
    let isConnected = false
    const failed = (why: Error) => reject(isConnected ? brokenOff(address, why) : why)
    request.once('socket', (socket) =>
      socket.once('secureConnect', () => {
        isConnected = true
        clearTimeout(timer)
        timer = within(answerTimeoutMs, 'did not answer')
      }),
    )
    request.once('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        chunks.push(chunk)
        if (length <= question.maxAnswerBytes) return
        // At once: its end may be here already.
        reject(new GivenUp(`${where} answers with more than ${question.maxAnswerBytes} bytes`))
        request.destroy()
      })
      response.once('error', failed)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
    })
    request.once('error', failed)
    request.once('close', () => {
      clearTimeout(timer)
      reject(new GivenUp(`${where} closed the connection without a whole answer`)) // unless there was one
    })
    request.end(sent)
  })
}

/** An error on a connection that was made. It is no cause of what is told of it: that of Node's parser has bytes of the answer with it. */
function brokenOff(address: Address, why: Error): Error {
  if (why instanceof GivenUp) return why
  const told = explained(address, why)
  return told instanceof TlsRefused ? told : new GivenUp(`${serverText(address)} gave no whole answer of HTTP: ${codeOf(why)}`)
}

/**
 * Whom a question with a secret goes to is looked at in any case: the variable by which Node leaves that out for a whole process (NODE_TLS_REJECT_UNAUTHORIZED)
 * does not hold here. A file that cannot be read is no trouble of the other end.
 */
function tlsOf({ tls, address }: HttpsQuestion): ConnectionOptions {
  try {
    return { ...optionsOf(tls), rejectUnauthorized: true }
  } catch (thrown) {
    throw new TlsRefused(`no TLS with ${serverText(address)}: ${(thrown as Error).message}`, { cause: thrown })
  }
}

/** What the name stands for is looked at where it is used, so that it cannot stand for something else a moment later. */
const publicLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (why, found) => {
    if (why) return callback(why, [])
    try {
      for (const { address } of found) refusePrivate(host, address)
    } catch (refused) {
      return callback(refused as Error, [])
    }
    if (options.all) callback(null, found)
    else callback(null, found[0]?.address ?? '', found[0]?.family)
  })
}

function refusePrivate(host: string, address: string): void {
  if (!isPrivate(address)) return
  const what = host === address ? `${host} is` : `${host} stands for ${address},`
  throw new AddressRefused(`${what} an address of this machine or of a private network`)
}
