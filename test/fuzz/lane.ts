// One client that sends frames, each with a request behind it that is known to be good: so it shows what was answered, and what was not.

import { connect, type Socket } from 'node:net'
import { ByteWriter } from '../../src/base/bytes.ts'
import { writeRequestHeader } from '../../src/protocol/header.ts'
import { type Due, wrongWith } from './judge.ts'

/** Behind every frame: ApiVersions of version 0, whose correlation id no generated frame carries. */
const SENTINEL_ID = 0x5e471e1
/** A parked answer is waited for so long before the client goes. */
const PATIENCE_MS = 60
/** Anything else must be answered by then, on a machine that is busy. */
const DEADLINE_MS = 20_000

export type Verdict =
  | { readonly kind: 'answered' | 'closed' | 'silent' | 'parked' }
  | { readonly kind: 'wrong'; readonly what: string }

const sentinel = (() => {
  const to = new ByteWriter()
  writeRequestHeader(to, { apiKey: 18, apiVersion: 0, correlationId: SENTINEL_ID, clientId: null })
  return framed(to.toBytes())
})()

export function framed(frame: Uint8Array, announced = frame.length): Buffer {
  const bytes = Buffer.allocUnsafe(4 + frame.length)
  bytes.writeInt32BE(announced)
  bytes.set(frame, 4)
  return bytes
}

export class Lane {
  readonly #address: string
  readonly #port: number
  #socket: Socket | null = null
  #received: Buffer[] = []
  #isClosed = false
  #wake: () => void = () => {}

  /** @param address a number: names are looked up in the pool that the codecs use, too */
  constructor(address: string, port: number) {
    this.#address = address
    this.#port = port
  }

  /** Sends a frame and says what came of it. */
  async try(frame: Uint8Array, due: Due, deadlineMs = DEADLINE_MS): Promise<Verdict> {
    const socket = (this.#socket ??= this.#connected())
    socket.write(Buffer.concat([framed(frame), sentinel]))
    const until = performance.now() + (due.kind === 'answer' && due.mayWait ? PATIENCE_MS : deadlineMs)
    const answers: Buffer[] = []
    for (;;) {
      for (let next = this.#next(); next; next = this.#next()) {
        if (next.length >= 4 && next.readInt32BE(0) === SENTINEL_ID) return this.#judged(answers, due)
        answers.push(next)
      }
      if (this.#isClosed) {
        this.drop()
        if (answers.length > 0) return this.#judged(answers, due)
        if (due.kind === 'close' || due.kind === 'silence') return { kind: 'closed' }
        return { kind: 'wrong', what: 'a valid request was not answered: the connection was closed' }
      }
      const left = until - performance.now()
      if (left <= 0) {
        this.drop()
        if (due.kind === 'answer' && due.mayWait) return { kind: 'parked' }
        return { kind: 'wrong', what: `no answer within ${deadlineMs} ms` }
      }
      await this.#change(left)
    }
  }

  /** Sends bytes that announce another length than they have, and leaves: nothing is owed, but what comes must be whole frames. */
  async tryRaw(bytes: Uint8Array): Promise<Verdict> {
    this.drop()
    const socket = (this.#socket = this.#connected())
    socket.end(bytes)
    const until = performance.now() + DEADLINE_MS
    while (!this.#isClosed) {
      const left = until - performance.now()
      if (left <= 0) break
      await this.#change(left)
    }
    const hung = !this.#isClosed
    let answers = 0
    while (this.#next()) answers++
    const torn = this.#received.some(({ length }) => length > 0)
    this.drop()
    if (hung) return { kind: 'wrong', what: 'the connection stays open after the client ended it' }
    return torn ? { kind: 'wrong', what: 'half an answer' } : { kind: answers > 0 ? 'answered' : 'closed' }
  }

  drop(): void {
    this.#socket?.destroy()
    this.#socket = null
    this.#received = []
  }

  #judged(answers: readonly Buffer[], due: Due): Verdict {
    if (answers.length === 0) {
      if (due.kind === 'silence') return { kind: 'silent' }
      const what =
        due.kind === 'close' ? 'garbage was passed over: the connection stayed open' : 'a valid request was passed over'
      return { kind: 'wrong', what }
    }
    const what = answers.length > 1 ? `${answers.length} answers to one request` : wrongWith(answers[0]!, due)
    return what === null ? { kind: 'answered' } : { kind: 'wrong', what }
  }

  /** The next whole frame that came. */
  #next(): Buffer | null {
    const all = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received)
    this.#received = [all]
    if (all.length < 4) return null
    const size = all.readInt32BE(0)
    if (all.length - 4 < size) return null
    this.#received = [all.subarray(4 + size)]
    return all.subarray(4, 4 + size)
  }

  #connected(): Socket {
    const socket = connect({ port: this.#port, host: this.#address, noDelay: true })
    this.#isClosed = false
    this.#received = []
    socket.on('data', (bytes) => {
      if (socket !== this.#socket) return
      this.#received.push(bytes)
      this.#wake()
    })
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.#isClosed = true
      this.#wake()
    })
    return socket
  }

  async #change(forMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, forMs)
    })
    clearTimeout(timer)
    this.#wake = () => {}
  }
}
