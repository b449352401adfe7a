// The coordinator of a transactional id in a simulated cluster: it takes and refuses what Kafka's takes and refuses in each state, and does to its clients what
// a test asks for.

import type { ByteReader } from '../../src/base/bytes.ts'
import type { FrameWriter } from '../../src/net/frame.ts'
import { errorCode, errorName } from '../../src/protocol/errors.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../src/protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from '../../src/protocol/messages/add-partitions-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from '../../src/protocol/messages/end-txn.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/protocol/messages/init-producer-id.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../src/protocol/messages/txn-offset-commit.ts'
import { codec } from '../../src/protocol/schema.ts'

export type Call = 'InitProducerId' | 'AddPartitionsToTxn' | 'AddOffsetsToTxn' | 'EndTxn' | 'TxnOffsetCommit'

/** What happens to a request: nothing special (null), an error instead, no answer, or no answer after it was done. */
export type CallDeed = Parameters<typeof errorCode>[0] | 'be silent' | 'do and be silent' | null

export type TransactionState = 'Empty' | 'Ongoing' | 'CompleteCommit' | 'CompleteAbort'

const KEYS: Readonly<Record<number, Call>> = {
  22: 'InitProducerId',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  28: 'TxnOffsetCommit',
}

/** From this version of Produce on a batch adds its partition by itself (KIP-890). */
const FIRST_WITH_IMPLICIT_ADD = 12

export class PretendCoordinator {
  /** Asked for each request, in the order of arrival. */
  onCall: (call: Call) => CallDeed = () => null
  /** What came and was done or refused, in its order: "EndTxn abort: INVALID_TXN_STATE". */
  readonly calls: string[] = []
  state: TransactionState = 'Empty'
  producerId = 7
  producerEpoch = -1
  /** Values of records that were committed. */
  readonly committed: string[] = []
  /** Offsets that were committed with a transaction. */
  readonly offsets: number[] = []
  /** The level of transaction.version. */
  readonly level: 1 | 2
  readonly #added = new Set<string>()
  #values: string[] = []
  /** Of the last InitProducerId; null where somebody else has moved it since. */
  #epochBefore: number | null = null
  #offsets: number[] = []

  constructor(level: 1 | 2) {
    this.level = level
  }

  /** Another producer takes over. */
  fence(): void {
    this.#abort()
    this.producerEpoch++
    this.#epochBefore = null
  }

  static readonly served = Object.keys(KEYS).map((key) => ({ apiKey: Number(key), minVersion: 0, maxVersion: 5 }))

  /** Null where the batch may be appended; else the error. */
  produced(topic: string, partition: number, producerEpoch: number, version: number, values: readonly string[]): number | null {
    if (producerEpoch < this.producerEpoch) return errorCode('INVALID_PRODUCER_EPOCH')
    if (version >= FIRST_WITH_IMPLICIT_ADD) this.state = 'Ongoing'
    else if (this.state !== 'Ongoing' || !this.#added.has(`${topic}-${partition}`)) return errorCode('INVALID_TXN_STATE')
    this.#values.push(...values)
    return null
  }

  /** Writes the answer; false where there will be none, undefined for an API that is not its own. */
  receive(apiKey: number, version: number, from: ByteReader, to: FrameWriter): boolean | undefined {
    const call = KEYS[apiKey]
    if (!call) return undefined
    const deed = this.onCall(call)
    if (deed === 'be silent') return false
    const error = deed === null || deed === 'do and be silent' ? null : errorCode(deed)
    const name = (what: string, code: number) => void this.calls.push(`${what}${code === 0 ? '' : `: ${errorName(code)}`}`)
    switch (call) {
      case 'InitProducerId': {
        const request = codec(InitProducerIdRequest, version).read(from)
        const code = error ?? this.#initialize(request)
        name(call, code)
        const { producerId, producerEpoch } = this
        codec(InitProducerIdResponse, version).write(to, {
          errorCode: code,
          ...(code === 0 ? { producerId, producerEpoch } : {}),
        })
        break
      }
      case 'AddPartitionsToTxn': {
        const request = codec(AddPartitionsToTxnRequest, version).read(from)
        const { v3AndBelowTopics: topics, v3AndBelowProducerId: id, v3AndBelowProducerEpoch: epoch } = request
        const code = error ?? this.#known(id, epoch)
        name(call, code)
        if (code === 0) this.#add(topics.flatMap((topic) => topic.partitions.map((index) => `${topic.name}-${index}`)))
        const resultsByTopicV3AndBelow = topics.map(({ name, partitions }) => ({
          name,
          resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: code })),
        }))
        codec(AddPartitionsToTxnResponse, version).write(to, { resultsByTopicV3AndBelow })
        break
      }
      case 'AddOffsetsToTxn': {
        const { producerId, producerEpoch } = codec(AddOffsetsToTxnRequest, version).read(from)
        const code = error ?? this.#known(producerId, producerEpoch)
        name(call, code)
        if (code === 0) this.#add(['__consumer_offsets-0'])
        codec(AddOffsetsToTxnResponse, version).write(to, { errorCode: code })
        break
      }
      case 'TxnOffsetCommit': {
        const { producerId, producerEpoch, topics } = codec(TxnOffsetCommitRequest, version).read(from)
        const code = error ?? this.#known(producerId, producerEpoch)
        name(call, code)
        if (code === 0) {
          if (version >= 5) this.state = 'Ongoing'
          this.#offsets.push(...topics.flatMap(({ partitions }) => partitions.map((each) => Number(each.committedOffset))))
        }
        const answers = topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
        }))
        codec(TxnOffsetCommitResponse, version).write(to, { topics: answers })
        break
      }
      case 'EndTxn': {
        const { producerId, producerEpoch, committed } = codec(EndTxnRequest, version).read(from)
        const code = error ?? (this.#known(producerId, producerEpoch) || this.#end(committed, version >= 5))
        name(`${call} ${committed ? 'commit' : 'abort'}`, code)
        const identity = code === 0 && version >= 5 ? { producerId: this.producerId, producerEpoch: this.producerEpoch } : {}
        codec(EndTxnResponse, version).write(to, { errorCode: code, ...identity })
      }
    }
    return deed !== 'do and be silent'
  }

  #known(producerId: number, producerEpoch: number): number {
    if (producerId !== this.producerId) return errorCode('INVALID_PRODUCER_ID_MAPPING')
    return producerEpoch === this.producerEpoch ? 0 : errorCode('PRODUCER_FENCED')
  }

  #initialize({ producerId, producerEpoch }: InitProducerIdRequest): number {
    const isNew = this.producerEpoch < 0
    // Who did not hear the answer asks with the epoch from before it (KIP-360).
    if (!isNew && producerId === this.producerId && producerEpoch === this.#epochBefore) return 0
    if (producerId >= 0 && !isNew && this.#known(producerId, producerEpoch) !== 0) return errorCode('PRODUCER_FENCED')
    this.#abort()
    this.#epochBefore = isNew ? null : this.producerEpoch
    this.producerEpoch++
    this.state = 'Empty'
    return 0
  }

  /** It has forgotten the transactional id, as it does with those that nobody has used for long. */
  expire(): void {
    this.#abort()
    this.state = 'Empty'
    this.producerId += 100
    this.producerEpoch = -1
    this.#epochBefore = null
  }

  #add(places: readonly string[]): void {
    this.state = 'Ongoing'
    for (const place of places) this.#added.add(place)
  }

  /** Which ends Kafka 4 takes in which state (TransactionCoordinator.endTransaction). */
  #end(isCommit: boolean, isNewer: boolean): number {
    const isOpen = this.state === 'Ongoing'
    const isSame = this.state === (isCommit ? 'CompleteCommit' : 'CompleteAbort')
    const isTaken = isOpen || (isNewer ? !isCommit : isSame)
    if (!isTaken) return errorCode('INVALID_TXN_STATE')
    if (isOpen && isCommit) {
      this.committed.push(...this.#values)
      this.offsets.push(...this.#offsets)
    }
    this.#forget()
    this.state = isCommit ? 'CompleteCommit' : 'CompleteAbort'
    if (isNewer) this.producerEpoch++
    return 0
  }

  #abort(): void {
    if (this.state === 'Ongoing') this.state = 'CompleteAbort'
    this.#forget()
  }

  #forget(): void {
    this.#added.clear()
    this.#values = []
    this.#offsets = []
  }
}
