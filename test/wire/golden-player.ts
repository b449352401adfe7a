// Plays the tape of the recorded exchanges to a broker in simulation: the same bytes in the same order, in virtual time. What Kafka chose
// by chance is replaced by what ours chose.

import { deferred } from '../../src/base/deferred.ts'
import type { Connection } from '../../src/platform/network.ts'
import type { Platform } from '../../src/platform/platform.ts'
import type { WallClock } from '../../src/platform/sim/clock.ts'
import type { World } from '../../src/platform/sim/world.ts'
import { apiByKey } from '../../src/protocol/api.ts'
import { answerOf, bodyOf, rawAnswerOf } from './golden-answers.ts'
import { ChosenIds } from './golden-ids.ts'
import { Line, type Told } from './golden-line.ts'
import type { Answer, Entry, Tape } from './golden-tape.ts'

const FETCH = 1
const CONNECT_TIMEOUT_MS = 1000

export interface Stage {
  readonly world: World
  /** The broker's clock; what it says in the beginning is not later than the recording. */
  readonly wall: WallClock
  readonly client: Platform
  readonly host: string
  readonly port: number
  /** Names of APIs; requests of others are left out, and so are their answers. */
  readonly served: ReadonlySet<string>
}

export class Player {
  readonly #tape: Tape
  readonly #stage: Stage
  readonly #lines = new Map<number, Line>()
  /** Connections for bare bytes: nothing there is taken for a request. */
  readonly #raw: ReadonlySet<number>
  readonly #ids = new ChosenIds()
  /** By the place of `got` on the tape. */
  readonly #told = new Map<number, Told>()

  constructor(tape: Tape, stage: Stage) {
    this.#tape = tape
    this.#stage = stage
    this.#raw = new Set(tape.tape.flatMap((entry) => (entry[0] === 'raw' ? [entry[2]] : [])))
  }

  /** Plays all of it. Gives the answer to each case of the tape by its id. */
  async play(): Promise<Map<string, Answer>> {
    const answers = new Map<string, Answer>()
    const cases = new Map(this.#tape.cases.map((one) => [one.id, one]))
    for (const [place, entry] of this.#tape.tape.entries()) {
      if (entry[0] !== 'call' && entry[0] !== 'raw') {
        await this.#act(place, entry)
        continue
      }
      const one = cases.get(entry[1])
      if (!one) continue
      const told = (at: number) => this.#told.get(at)!
      if (entry[0] === 'call') answers.set(one.id, answerOf(one, told(entry[2]), entry[3]))
      else answers.set(one.id, rawAnswerOf(one, entry[3].map(told), this.#line(entry[2]).isClosed, entry[4]))
    }
    return answers
  }

  async #act(place: number, entry: Exclude<Entry, readonly ['call' | 'raw', ...unknown[]]>): Promise<void> {
    const [word, number] = entry
    if (word === 'open') this.#lines.set(number, await this.#open())
    else if (word === 'send') await this.#send(number, Buffer.from(entry[2], 'base64'), entry[3])
    else if (word === 'got') this.#told.set(place, await this.#get(number, entry[2], entry[3]))
    else if (word === 'destroy') this.#line(number).destroy()
  }

  #line(number: number): Line {
    return this.#lines.get(number)!
  }

  async #open(): Promise<Line> {
    const { world, client, host, port } = this.#stage
    const opened = deferred<Connection>()
    let isOver = false
    const over = () => (isOver = true)
    client.network.connect({ host, port }).then(opened.resolve, opened.reject).finally(over)
    await world.events.run(world.events.now + CONNECT_TIMEOUT_MS, () => isOver)
    return new Line(await opened.promise)
  }

  async #send(number: number, bytes: Buffer, atMs: number): Promise<void> {
    const { world, wall, served } = this.#stage
    // Some requests hold the time, and are judged by it.
    await world.events.run(world.events.now + Math.max(0, this.#tape.startedAt + atMs - wall.now))
    const line = this.#line(number)
    if (line.isClosed) return
    if (this.#raw.has(number)) return line.send(this.#ids.translated(bytes, false))
    const [apiKey, version, correlationId] = [bytes.readInt16BE(4), bytes.readInt16BE(6), bytes.readInt32BE(8)]
    const name = apiByKey(apiKey)?.name
    if (name !== undefined && !served.has(name)) return
    line.asked.set(correlationId, { apiKey, version })
    line.send(this.#ids.translated(bytes, apiKey === FETCH))
  }

  /** Waits as long as the recording would have. */
  async #get(number: number, recorded: string, timeoutMs: number): Promise<Told> {
    const line = this.#line(number)
    const theirs = recorded === 'closed' || recorded === 'nothing' ? null : Buffer.from(recorded, 'base64')
    const asked = theirs && !this.#raw.has(number) ? line.asked.get(theirs.readInt32BE(0)) : undefined
    if (theirs && !asked && !this.#raw.has(number)) return 'nothing' // its request was left out
    const { events } = this.#stage.world
    await events.run(events.now + timeoutMs, () => line.hasNews)
    const ours = line.next()
    if (asked && theirs && ours instanceof Buffer) this.#ids.learn(bodyOf(theirs, asked), bodyOf(ours, asked))
    return ours
  }
}
