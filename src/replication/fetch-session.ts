// A follower's side of an incremental fetch session (KIP-227): the leader is told its partitions once, and then only what changed.

import type { FetchRequest } from '../protocol/messages/fetch.ts'
import type { Input } from '../protocol/schema.ts'

/** What is asked for one partition. */
export interface Position {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly fetchOffset: number
  readonly currentLeaderEpoch: number
  /** Of the last record before `fetchOffset`; -1 where there is none. */
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
  readonly maxBytes: number
}

type Asked = Required<Pick<Input<FetchRequest>, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>>

const LARGEST_EPOCH = 0x7fff_ffff

export class FetchSession {
  /** 0: the leader has none for us. */
  #id = 0
  /** Of the next request; 0 opens a session, in place of the one whose id it carries. */
  #epoch = 0
  /** What we want to know of, by `keyOf`. */
  readonly #asked = new Map<string, Position>()
  /** What the leader does not know yet: who came or moved, and who is not asked for any more. */
  #moved: string[] = []
  #left: { readonly key: string; readonly position: Position }[] = []

  get isOpen(): boolean {
    return this.#epoch > 0
  }

  get isEmpty(): boolean {
    return this.#asked.size === 0
  }

  /** What the last request, or the next one, asks for it. */
  asked(key: string): Position | undefined {
    return this.#asked.get(key)
  }

  /** From the next request on. To be called once for each of them between two requests. */
  ask(key: string, position: Position): void {
    if (isSame(this.#asked.get(key), position)) return
    this.#asked.set(key, position)
    this.#moved.push(key)
  }

  /** Not asked for any more, until it is asked for again. */
  leave(key: string): void {
    const position = this.#asked.get(key)
    if (!position) return
    this.#asked.delete(key)
    this.#left.push({ key, position })
  }

  /** The next request's part of the session: everything if it opens one, else what differs from what the leader knows. */
  next(): Asked {
    const opens = this.#epoch === 0
    const moved = opens ? [...this.#asked.values()] : this.#moved.flatMap((key) => this.#asked.get(key) ?? [])
    const left = opens ? [] : this.#left.filter(({ key }) => !this.#asked.has(key)).map(({ position }) => position)
    this.#moved = []
    this.#left = []
    const asked = {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(moved, asAsked),
      forgottenTopicsData: byTopic(left, indexOf),
    }
    this.#epoch = opens || this.#epoch === LARGEST_EPOCH ? 1 : this.#epoch + 1
    return asked
  }

  /** The leader answered without an error of the session. 0: it has no room for one, so that everything is told each time. */
  answered(sessionId: number): void {
    this.#id = sessionId
    if (sessionId === 0) this.#epoch = 0
  }

  /** Nobody knows what the leader has of it: the next request opens a new one, and ends this one where it still exists. */
  lost(): void {
    this.#epoch = 0
  }

  /** The leader does not know the session. */
  forgotten(): void {
    this.#id = 0
    this.#epoch = 0
  }
}

export function keyOf({ topicId, index }: { readonly topicId: string; readonly index: number }): string {
  return `${topicId}:${index}`
}

function isSame(known: Position | undefined, wanted: Position): boolean {
  return (
    known !== undefined &&
    known.fetchOffset === wanted.fetchOffset &&
    known.currentLeaderEpoch === wanted.currentLeaderEpoch &&
    known.lastFetchedEpoch === wanted.lastFetchedEpoch &&
    known.logStartOffset === wanted.logStartOffset &&
    known.maxBytes === wanted.maxBytes
  )
}

function asAsked({ index, fetchOffset, currentLeaderEpoch, lastFetchedEpoch, logStartOffset, maxBytes }: Position) {
  return { partition: index, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset, partitionMaxBytes: maxBytes }
}

const indexOf = ({ index }: Position) => index

function byTopic<T>(
  positions: readonly Position[],
  make: (position: Position) => T,
): { topic: string; topicId: string; partitions: T[] }[] {
  const topics = new Map<string, { topic: string; topicId: string; partitions: T[] }>()
  for (const position of positions) {
    const { topic, topicId } = position
    let entry = topics.get(topicId)
    if (!entry) topics.set(topicId, (entry = { topic, topicId, partitions: [] }))
    entry.partitions.push(make(position))
  }
  return [...topics.values()]
}
