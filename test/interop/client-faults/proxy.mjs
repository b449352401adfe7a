/**
 * A TCP proxy between a client and one broker, which breaks connections at a chosen byte of a request or an answer, falls silent, or answers garbage itself.
 * It knows frames, the API of each request, and nothing else.
 */
import { connect, createServer } from 'node:net'

/** Classes of places in a frame, by the bytes that are let through: 4 of size, a header that begins with API key and version, and the rest. */
export const places = {
  'before it': () => 0,
  'in its size': () => 2,
  'behind its size': () => 4,
  'in its header': (size) => Math.min(9, size + 3),
  'in its middle': (size) => 4 + Math.floor(size / 2),
  'before its last byte': (size) => size + 3,
  'behind it': (size) => size + 4,
}

const silent = () => {}

/** Cuts a stream into frames: what is half there waits. */
class Frames {
  #waiting = Buffer.alloc(0)

  /** Those that are whole by now. */
  take(bytes) {
    this.#waiting = Buffer.concat([this.#waiting, bytes])
    const whole = []
    while (this.#waiting.length >= 4) {
      const end = 4 + this.#waiting.readInt32BE(0)
      if (this.#waiting.length < end) break
      whole.push(this.#waiting.subarray(0, end))
      this.#waiting = this.#waiting.subarray(end)
    }
    return whole
  }
}

export class FaultyProxy {
  #server = null
  #target = null
  #pairs = new Set()
  /** What happens to the next frames; null: they pass. `(kind, apiKey, frame) => undefined | { breakAt } | { answer } | 'swallow'` */
  onFrame = null
  /** Nothing passes, in no direction, and nobody is told. */
  isSilent = false
  /** How often the program did something to a frame. */
  strokes = 0
  connections = 0

  async listen(port) {
    this.#server = createServer((client) => this.#accept(client))
    await new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.port = this.#server.address().port
    this.bootstrap = `127.0.0.1:${this.port}`
    return this
  }

  /** Where the broker is. */
  leadsTo(port) {
    this.#target = port
  }

  async close() {
    this.dropAll()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  dropAll() {
    for (const { client, broker } of this.#pairs) {
      client.resetAndDestroy()
      broker.destroy()
    }
  }

  #accept(client) {
    this.connections++
    const broker = connect(this.#target, '127.0.0.1')
    const pair = { client, broker, asked: [], isSilent: this.isSilent }
    this.#pairs.add(pair)
    const end = () => {
      this.#pairs.delete(pair)
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) socket.setNoDelay().on('error', silent)
    client.on('close', () => (pair.isSilent ? broker.destroy() : end()))
    broker.on('close', () => !pair.isSilent && end())
    const [requests, answers] = [new Frames(), new Frames()]
    client.on('data', (bytes) => {
      for (const frame of requests.take(bytes)) this.#request(pair, frame)
    })
    broker.on('data', (bytes) => {
      for (const frame of answers.take(bytes)) this.#answer(pair, frame)
    })
  }

  #request(pair, frame) {
    pair.asked.push({ apiKey: frame.readInt16BE(4), correlationId: frame.readInt32BE(8) })
    this.#pass(pair, 'request', pair.asked.at(-1), frame, pair.broker)
  }

  #answer(pair, frame) {
    const correlationId = frame.readInt32BE(4)
    const at = pair.asked.findIndex((each) => each.correlationId === correlationId)
    const [asked] = at < 0 ? [{ apiKey: -1, correlationId }] : pair.asked.splice(at, 1)
    this.#pass(pair, 'answer', asked, frame, pair.client)
  }

  #pass(pair, kind, asked, frame, to) {
    if (pair.isSilent || this.isSilent) {
      pair.isSilent = true
      return
    }
    const what = this.onFrame?.(kind, asked.apiKey, frame)
    if (what === undefined || what === null) return void to.write(frame)
    this.strokes++
    if (what === 'swallow') pair.isSilent = true
    else if (what.answer) pair.client.write(what.answer(frame))
    else this.#break(pair, to, frame.subarray(0, what.breakAt))
  }

  /** What is let through arrives; then both ends are told that the connection is broken. */
  #break({ client, broker }, to, bytes) {
    const end = () => {
      client.resetAndDestroy()
      broker.resetAndDestroy()
    }
    if (bytes.length === 0) end()
    else to.write(bytes, () => setTimeout(end, 5))
  }
}
