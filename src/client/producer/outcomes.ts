// What becomes of batches: acknowledged, sent again, or failed.

import { errorCode as codeOf } from '../../protocol/errors.ts'
import type { ProduceResponse } from '../../protocol/messages/produce.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { BrokerError, ClientError, clientError, TimeoutError } from '../errors/index.ts'
import type { Accumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import type { Lane } from './lane.ts'
import { type BatchAnswer, endpointsOf, type ProduceCall } from './produce-call.ts'
import { mayBeAppended, missesSomething, produceError } from './produce-errors.ts'
import type { Transactions } from './transactions.ts'

export interface OutcomesOptions {
  readonly cluster: Cluster
  readonly accumulator: Accumulator
  readonly transactions: Transactions | null
  readonly isIdempotent: boolean
  readonly retries: number
  readonly deliveryTimeoutMs: number
}

const DUPLICATE = codeOf('DUPLICATE_SEQUENCE_NUMBER')

export class Outcomes {
  readonly #options: OutcomesOptions

  constructor(options: OutcomesOptions) {
    this.#options = options
  }

  /** The leader's answer to a request. */
  answered(call: ProduceCall, response: ProduceResponse): void {
    const answerOf = call.answers(response)
    for (const batch of call.batches) {
      const answer = answerOf(batch)
      if (!answer) {
        this.#failed(batch, new BrokerError('MALFORMED_ANSWER', `Produce to ${nameOf(batch)}: the answer does not mention it`))
      } else if (answer.errorCode === 0 || answer.errorCode === DUPLICATE) this.#acked(batch, answer)
      else this.#refused(batch, answer, response)
    }
  }

  /** The operating system has them, and nobody will say more (acks=0). */
  unanswered(batches: readonly ProducerBatch[]): void {
    for (const batch of batches) this.#acked(batch, { baseOffset: -1, logAppendTimeMs: -1 })
  }

  /** There was no answer. */
  lost(batches: readonly ProducerBatch[], thrown: unknown): void {
    const error = clientError(thrown, 'Produce')
    for (const batch of batches) {
      if (error instanceof ClientError) this.#failed(batch, error)
      else this.#failed(batch, new ClientError('UNKNOWN_SERVER_ERROR', (thrown as Error).message, { cause: thrown }))
    }
    if (error instanceof ClientError) this.#options.cluster.heed(error)
  }

  /** Fails what is older than deliveryTimeoutMs; gives when the next one will be. */
  expire(now: number): number {
    const { accumulator, deliveryTimeoutMs } = this.#options
    for (const batch of accumulator.incomplete) {
      const at = batch.createdAt + deliveryTimeoutMs
      if (at > now) return at
      if (!batch.isDone) this.#expired(batch)
    }
    return Number.POSITIVE_INFINITY
  }

  /** Fails everything that was never sent: there is nobody to send it as. */
  failUnnumbered(why: Error): void {
    this.#drop(({ hasSequence }) => !hasSequence, why)
  }

  /** The transaction is lost: what is certainly not in the log fails. What may be there is sent again, because only an answer tells. */
  failAbsent(why: Error): void {
    this.#drop(({ isAmbiguous }) => !isAmbiguous, why)
  }

  /** The producer cannot go on: everything fails. */
  failAll(why: Error): void {
    for (const batch of this.#options.accumulator.incomplete) if (!batch.isDone) this.#giveUp(batch, why)
  }

  /** Batches of a transaction were given up, and nobody knows whether they are in the log. */
  lostTrack(lane: Lane): void {
    const why = `nobody knows whether records of ${lane.name} are in the log that were not acknowledged in deliveryTimeoutMs`
    this.#options.transactions?.batchFailed(new TimeoutError('DELIVERY_TIMED_OUT', why, { abortable: true }))
  }

  #drop(isDropped: (batch: ProducerBatch) => boolean, why: Error): void {
    const { accumulator, transactions } = this.#options
    for (const lane of accumulator.waiting) {
      for (const batch of lane.queue.filter(isDropped)) {
        accumulator.remove(lane, batch)
        if (batch.hasSequence) {
          lane.sequences.refused(batch)
          transactions?.gapLeft()
        }
        batch.isClosed = true
        batch.fail(() => why)
        accumulator.finished(batch, true)
      }
    }
  }

  /** What becomes of it is known to nobody any more; one that is on its way stays until its answer comes. */
  #giveUp(batch: ProducerBatch, why: Error): void {
    const { accumulator } = this.#options
    const lane = accumulator.lane(batch.topic, batch.partition)
    batch.isClosed = true
    if (batch.hasSequence) lane.sequences.abandoned(batch)
    batch.fail(() => why)
    if (batch.isOnWire) return
    accumulator.remove(lane, batch)
    accumulator.finished(batch, batch.attempts === 0)
  }

  #acked(batch: ProducerBatch, { baseOffset, logAppendTimeMs }: Pick<BatchAnswer, 'baseOffset' | 'logAppendTimeMs'>): void {
    const lane = this.#landed(batch)
    lane.sequences.acked(batch)
    batch.deliver(baseOffset, logAppendTimeMs)
    this.#options.accumulator.finished(batch, true)
  }

  #refused(batch: ProducerBatch, answer: BatchAnswer, response: ProduceResponse): void {
    const { cluster } = this.#options
    const error = produceError(answer.errorCode, `Produce to ${nameOf(batch)}`, answer.errorMessage)
    let isElsewhere = false
    if (answer.leader && answer.leader.leaderEpoch > (cluster.partition(batch.topic, batch.partition)?.leaderEpoch ?? -1)) {
      cluster.learnLeader(batch.topic, batch.partition, answer.leader, endpointsOf(response))
      isElsewhere = cluster.partition(batch.topic, batch.partition)?.leaderId === answer.leader.leaderId
    }
    if (!isElsewhere) cluster.heed(error)
    this.#failed(batch, error, answer.recordErrors, isElsewhere)
  }

  #failed(
    batch: ProducerBatch,
    error: ClientError,
    recordErrors: BatchAnswer['recordErrors'] = new Map(),
    isElsewhere = false,
  ): void {
    const { accumulator, cluster, transactions } = this.#options
    const lane = this.#landed(batch)
    batch.isAmbiguous = mayBeAppended(error.code, batch.isAmbiguous)
    if (batch.isDone) {
      // Given up before; nobody waits for it any more.
      lane.sequences.forgotten(batch)
      accumulator.finished(batch, false)
      return
    }
    if (this.#canRetry(lane, batch, error)) {
      const now = cluster.platform.clock.monotonic()
      batch.retryAt = isElsewhere ? now : now + cluster.retries.pauseMs(batch.attempts - 1)
      lane.requeue(batch)
      accumulator.makeReady(lane)
      return
    }
    if (batch.hasSequence) lane.sequences.refused(batch)
    if (missesSomething(error.code)) lane.sequences.restartLater()
    // What would have been sent again tells which time is over, and not only what went wrong last.
    const why = error.retriable && this.#isLate(batch) ? this.#timeout(batch, error) : error
    batch.fail((index) => recordError(why, recordErrors, index))
    accumulator.finished(batch, !batch.isAmbiguous)
    transactions?.batchFailed(why)
  }

  #landed(batch: ProducerBatch): Lane {
    const lane = this.#options.accumulator.lane(batch.topic, batch.partition)
    batch.isOnWire = false
    lane.onWire--
    lane.sequences.landed(batch)
    return lane
  }

  #canRetry({ sequences }: Lane, batch: ProducerBatch, error: ClientError): boolean {
    const { transactions, retries, cluster, isIdempotent } = this.#options
    if (batch.attempts > retries || this.#isLate(batch) || cluster.lifetime.isOver) return false
    if (isIdempotent && missesSomething(error.code)) {
      // One that was numbered before it has to be there first, and is still on its way.
      if (sequences.placeOf(batch) > 0) return !transactions?.hasFailed
      if (transactions) return false
      sequences.restartLater()
      return true
    }
    // What may be in the log is sent again even where the transaction is lost: only an answer says which numbers come next.
    if (transactions?.hasFailed && !batch.isAmbiguous) return false
    return error.retriable
  }

  #isLate({ createdAt }: ProducerBatch): boolean {
    const { cluster, deliveryTimeoutMs } = this.#options
    return cluster.platform.clock.monotonic() - createdAt >= deliveryTimeoutMs
  }

  #expired(batch: ProducerBatch): void {
    const error = this.#timeout(batch)
    this.#giveUp(batch, error)
    this.#options.transactions?.batchFailed(error)
  }

  #timeout(batch: ProducerBatch, cause?: ClientError): TimeoutError {
    const { deliveryTimeoutMs } = this.#options
    const why = `${batch.recordCount} records of ${nameOf(batch)} were not acknowledged within deliveryTimeoutMs=${deliveryTimeoutMs}`
    const last = cause ? `; the last thing that went wrong: ${cause.message}` : ''
    return new TimeoutError('DELIVERY_TIMED_OUT', `${why}; they were sent ${batch.attempts} times${last}`, { cause })
  }
}

function nameOf({ topic, partition }: ProducerBatch): string {
  return `${topic}-${partition}`
}

function recordError(error: ClientError, recordErrors: BatchAnswer['recordErrors'], index: number): ClientError {
  if (recordErrors.size === 0) return error
  const said = recordErrors.get(index)
  if (said !== undefined)
    return new BrokerError(error.code, said ? `${error.message}; this record: ${said}` : error.message, { cause: error })
  return new BrokerError(error.code, 'another record of the batch was refused, and this one with it', { cause: error })
}
