// A member's end of the session with one broker (KIP-932): the broker knows what the member wants and what it holds, each request counts one further, and
// what was given in a session can be acknowledged in that one alone.

import type { ShareAcknowledgeRequest } from '../../protocol/messages/share-acknowledge.ts'
import type { ShareFetchRequest } from '../../protocol/messages/share-fetch.ts'
import type { Input } from '../../protocol/schema.ts'
import { type Acknowledgement, batchesOf } from './acknowledgements.ts'
import { byTopicId, type SharePartition } from './share-partition.ts'

/** Epochs that say something: the session begins; it ends, and what the member still holds goes back. */
const OPENS = 0
const CLOSES = -1
const LARGEST_EPOCH = 0x7fffffff

export type FetchFields = Pick<Input<ShareFetchRequest>, 'shareSessionEpoch' | 'topics' | 'forgottenTopicsData'>
export type AcknowledgeFields = Pick<Input<ShareAcknowledgeRequest>, 'shareSessionEpoch' | 'topics'>

export class ShareSession {
  #epoch: number
  /** What the broker gives records of. */
  #known: ReadonlySet<SharePartition> = new Set()

  /** A new one; with another epoch one that stands there. */
  constructor(epoch = OPENS) {
    this.#epoch = epoch
  }

  /** Whether the broker knows it. */
  get isOpen(): boolean {
    return this.#epoch !== OPENS
  }

  /** Whether the broker gives records of it. */
  has(partition: SharePartition): boolean {
    return this.#known.has(partition)
  }

  /** A ShareFetch of exactly these partitions; `acknowledgements` are of some of them. Nothing can be acknowledged by the first request. */
  fetch(partitions: readonly SharePartition[], acknowledgements: readonly Acknowledgement[]): FetchFields {
    const wanted = new Set(partitions)
    const said = grouped(acknowledgements)
    const told = partitions.filter((each) => !this.#known.has(each) || said.has(each))
    const forgotten = [...this.#known].filter((each) => !wanted.has(each))
    this.#known = wanted
    return {
      shareSessionEpoch: this.#epoch,
      topics: topicsOf(told, said),
      forgottenTopicsData: [...byTopicId(forgotten)].map(([topicId, own]) => ({
        topicId,
        partitions: own.map(({ partition }) => partition),
      })),
    }
  }

  acknowledge(acknowledgements: readonly Acknowledgement[]): AcknowledgeFields {
    const said = grouped(acknowledgements)
    return { shareSessionEpoch: this.#epoch, topics: topicsOf([...said.keys()], said) }
  }

  /** The last request. */
  close(acknowledgements: readonly Acknowledgement[]): AcknowledgeFields {
    return { ...this.acknowledge(acknowledgements), shareSessionEpoch: CLOSES }
  }

  /** The broker has taken the request. After any other answer, or none, nobody knows where it stands: there has to be another session. */
  answered(): void {
    this.#epoch = this.#epoch === LARGEST_EPOCH ? 1 : this.#epoch + 1
  }
}

function grouped(acknowledgements: readonly Acknowledgement[]): Map<SharePartition, Acknowledgement[]> {
  const partitions = new Map<SharePartition, Acknowledgement[]>()
  for (const each of acknowledgements) {
    const known = partitions.get(each.partition)
    if (known) known.push(each)
    else partitions.set(each.partition, [each])
  }
  return partitions
}

function topicsOf(partitions: readonly SharePartition[], said: ReadonlyMap<SharePartition, readonly Acknowledgement[]>) {
  return [...byTopicId(partitions)].map(([topicId, own]) => ({
    topicId,
    partitions: own.map((each) => ({
      partitionIndex: each.partition,
      acknowledgementBatches: batchesOf(said.get(each) ?? []),
    })),
  }))
}
