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
  /** What the leader knows, by `keyOf`. */
  #known = new Map<string, Position>()

  get isOpen(): boolean {
    return this.#epoch > 0
  }

  /** The next request's part of the session: everything if it opens one, else what differs from what the leader knows. */
  next(wanted: readonly Position[]): Asked {
    const opens = this.#epoch === 0
    const known = opens ? new Map<string, Position>() : this.#known
    const coming = new Map(wanted.map((position) => [keyOf(position), position]))
    const changed = wanted.filter((position) => !isSame(known.get(keyOf(position)), position))
    const gone = [...known].filter(([key]) => !coming.has(key)).map(([, position]) => position)
    this.#known = coming
    const asked = {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(changed, asAsked),
      forgottenTopicsData: byTopic(gone, indexOf),
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
