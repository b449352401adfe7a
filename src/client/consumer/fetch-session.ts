// The consumer's end of a fetch session (KIP-227): a broker is told only what changed since the request before, and answers only what is new.

import { ZERO_UUID } from '../../base/uuid.ts'
import { errorName } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Input } from '../../protocol/schema.ts'

/** A partition as it is asked for. */
export interface FetchedPart {
  readonly topic: string
  /** Null where the broker is too old for ids. */
  readonly topicId: string | null
  readonly partition: number
  readonly fetchOffset: number
  readonly currentLeaderEpoch: number
  readonly maxBytes: number
}

export type SessionFields = Pick<Input<FetchRequest>, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>

/** From then on topics are named by their ids. */
const FIRST_WITH_IDS = 13
/** From then on there are sessions. */
const FIRST_WITH_SESSIONS = 7
const NO_SESSION = 0
const NEW = 0
const NEVER = -1

export class FetchSession {
  #id = NO_SESSION
  #epoch = NEW
  #usesIds = false
  /** What the broker knows, by id or name, and number. */
  #known = new Map<string, FetchedPart>()

  /** The parts of a request for exactly these partitions, in this order of preference. */
  ask(parts: readonly FetchedPart[], version: number): SessionFields {
    this.#usesIds = version >= FIRST_WITH_IDS
    const wanted = new Map(parts.map((part) => [keyOf(part, this.#usesIds), part]))
    const isWhole = this.#epoch === NEW || version < FIRST_WITH_SESSIONS
    const changed = isWhole ? parts : parts.filter((part) => !isSame(part, this.#known.get(keyOf(part, this.#usesIds))))
    const forgotten = isWhole ? [] : [...this.#known].filter(([key]) => !wanted.has(key)).map(([, part]) => part)
    this.#known = wanted
    return {
      sessionId: this.#id,
      sessionEpoch: version < FIRST_WITH_SESSIONS ? NEVER : this.#epoch,
      topics: grouped(changed).map(({ first, parts: own }) => ({
        topic: first.topic,
        topicId: first.topicId ?? ZERO_UUID,
        partitions: own.map(({ partition, fetchOffset, currentLeaderEpoch, maxBytes }) => ({
          partition,
          fetchOffset,
          currentLeaderEpoch,
          partitionMaxBytes: maxBytes,
        })),
      })),
      forgottenTopicsData: grouped(forgotten).map(({ first, parts: own }) => ({
        topic: first.topic,
        topicId: first.topicId ?? ZERO_UUID,
        partitions: own.map(({ partition }) => partition),
      })),
    }
  }

  /** What the answer says of the session; the name of its error, or null. */
  answered({ errorCode, sessionId }: Pick<FetchResponse, 'errorCode' | 'sessionId'>): string | null {
    if (errorCode !== 0) {
      const name = errorName(errorCode)
      if (name === 'FETCH_SESSION_ID_NOT_FOUND') this.#id = NO_SESSION
      this.restart()
      return name
    }
    if (sessionId === NO_SESSION) {
      // The broker keeps as many sessions as it may.
      this.#id = NO_SESSION
      this.#epoch = NEW
    } else {
      this.#id = sessionId
      this.#epoch = this.#epoch === 0x7fffffff ? 1 : this.#epoch + 1
    }
    return null
  }

  /** Nobody knows what the broker has heard: everything is told again, in a new session. */
  restart(): void {
    this.#epoch = NEW
    this.#known.clear()
  }

  /** The parts of a last request, which ends the session; null where there is none. */
  end(): SessionFields | null {
    const sessionId = this.#id
    this.restart()
    this.#id = NO_SESSION
    return sessionId === NO_SESSION ? null : { sessionId, sessionEpoch: NEVER, topics: [], forgottenTopicsData: [] }
  }

  /** The partition of an answer, as it was asked for; undefined for one that was not. */
  find(topic: string, topicId: string, partition: number): FetchedPart | undefined {
    return this.#known.get(keyOf({ topic, topicId, partition }, this.#usesIds))
  }
}

function keyOf({ topic, topicId, partition }: Pick<FetchedPart, 'topic' | 'topicId' | 'partition'>, usesIds: boolean): string {
  return `${usesIds ? topicId : topic}/${partition}`
}

function isSame(a: FetchedPart, b: FetchedPart | undefined): boolean {
  return (
    b !== undefined &&
    a.fetchOffset === b.fetchOffset &&
    a.currentLeaderEpoch === b.currentLeaderEpoch &&
    a.maxBytes === b.maxBytes
  )
}

/** By topic, where partitions of one topic stand together or not. */
function grouped(parts: readonly FetchedPart[]): readonly { first: FetchedPart; parts: FetchedPart[] }[] {
  const topics = new Map<string, { first: FetchedPart; parts: FetchedPart[] }>()
  for (const part of parts) {
    const known = topics.get(`${part.topic}/${part.topicId}`)
    if (known) known.parts.push(part)
    else topics.set(`${part.topic}/${part.topicId}`, { first: part, parts: [part] })
  }
  return [...topics.values()]
}
