// One broker as a member of a share group asks it: one request at a time, because each counts the session one further. What is said of records goes along
// with the next question for more, or by itself when that does not come soon.

import type { ShareConsumerSettings } from '../../config/client/share-consumer.ts'
import type { Exchange } from '../../net/peer.ts'
import type { Timer } from '../../platform/clock.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../protocol/messages/share-acknowledge.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../protocol/messages/share-fetch.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Bell } from '../consumer/bell.ts'
import { brokerError, type ClientError, clientError, UnsupportedError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { type Acknowledgement, AcknowledgementQueue, both, type TypeName } from './acknowledgements.ts'
import type { Giver, Held } from './held.ts'
import type { ShareAnswers } from './share-answers.ts'
import type { SharePartition } from './share-partition.ts'
import { ShareSession } from './share-session.ts'

const FETCH: Exchange<ShareFetchRequest, ShareFetchResponse> = { request: ShareFetchRequest, response: ShareFetchResponse }
const ACKNOWLEDGE: Exchange<ShareAcknowledgeRequest, ShareAcknowledgeResponse> = {
  request: ShareAcknowledgeRequest,
  response: ShareAcknowledgeResponse,
}
/** From then on locks are renewed, and a number of records is a limit. */
const FIRST_WITH_RENEWALS = 2
const ACQUIRE_MODES = { batch_optimized: 0, record_limit: 1 } as const
/** How long something said waits for a question that it can go along with. */
const LINGER_MS = 100

export interface SourceOptions {
  readonly id: number
  readonly cluster: Cluster
  readonly config: ShareConsumerSettings
  readonly memberId: string
  readonly answers: ShareAnswers
  /** What to ask this broker for now; null where nobody waits for records, or it leads nothing of this member. */
  readonly wanted: (id: number) => readonly SharePartition[] | null
  /** It may be asked the next thing: looks soon for what that is. */
  readonly onIdle: () => void
  /** For the program: it cannot go on by itself. */
  readonly onError: (error: ClientError) => void
}

export class ShareSource implements Giver {
  readonly id: number
  readonly #options: SourceOptions
  #session = new ShareSession()
  #turn = 0
  #lockTimeoutMs: number | null = null
  readonly #queue = new AcknowledgementQueue()
  #inFlight: readonly Acknowledgement[] = []
  /** Of sessions that are lost: nobody can be told. */
  #stale: Acknowledgement[] = []
  /** What is said waits no longer. */
  #isDue = false
  #linger: Timer | null = null
  #isBusy = false
  #isFetching = false
  /** Nothing is asked any more but for the end of the session. */
  #isOver = false
  #isClosed = false
  #notBefore = 0
  #failures = 0
  #retry: Timer | null = null
  readonly #idle = new Bell()

  constructor(options: SourceOptions) {
    this.id = options.id
    this.#options = options
  }

  get turn(): number {
    return this.#turn
  }

  get lockTimeoutMs(): number | null {
    return this.#lockTimeoutMs
  }

  /** It was asked for records, and has not answered. */
  get isFetching(): boolean {
    return this.#isFetching
  }

  acknowledge(held: Held, type: TypeName): void {
    const { partition, offset, turn } = held
    const onSettled = type === 'renew' ? (error: ClientError | null) => this.#renewed(held, error) : null
    const said: Acknowledgement = {
      partition,
      offset,
      type,
      turn,
      // A renewal that is on its way may still make it later.
      get lockedUntil() {
        return held.lockedUntil
      },
      onSettled,
    }
    if (turn === this.#turn) this.#queue.add(said)
    else this.#stale.push(said)
    if (this.#isClosed) this.#settleStale()
    else if (type === 'renew')
      this.#options.onIdle() // soon, with whatever else is said now
    else this.#linger ??= this.#options.cluster.platform.clock.after(LINGER_MS, () => this.flush())
  }

  /** What was said and is not settled. */
  *unsettled(): Generator<Acknowledgement, void, undefined> {
    yield* this.#inFlight
    yield* this.#queue
    yield* this.#stale
  }

  /** What was said is told now. */
  flush(): void {
    this.#linger?.cancel()
    this.#linger = null
    this.#isDue = true
    this.kick()
  }

  /** Asks the next thing, if there is one and nothing is on its way. */
  kick(): void {
    if (this.#isBusy || this.#isOver) return
    const step = this.#step()
    if (!step) return
    this.#isBusy = true
    void step.finally(() => {
      this.#isBusy = false
      this.#isFetching = false
      this.#idle.ring()
      this.#options.onIdle()
    })
  }

  /** Tells what was said, and ends the session: what the member still has goes to others. Nothing is asked after it. */
  async close(patience: Patience): Promise<void> {
    this.#isOver = true
    this.#linger?.cancel()
    this.#retry?.cancel()
    try {
      while (this.#isBusy) await patience.race(this.#idle.wait())
      if (this.#session.isOpen)
        await this.#say((said) => this.#session.close(said), this.#options.cluster.retries.within(patience))
    } catch (thrown) {
      this.#lose(clientError(thrown, 'the end of a share session') as ClientError)
    }
    this.#isClosed = true
    // What was said since, or could not be written down, nobody can be told any more.
    this.#lose(this.#gone())
    this.#linger?.cancel()
    this.#settleStale()
  }

  #step(): Promise<void> | null {
    const { clock } = this.#options.cluster.platform
    const pause = this.#notBefore - clock.monotonic()
    if (pause > 0) {
      this.#retry ??= clock.after(pause, () => {
        this.#retry = null
        this.kick()
      })
      return null
    }
    if (this.#isDue || this.#queue.hasRenewals) {
      this.#isDue = false
      this.#settleStale()
      if (this.#queue.size > 0) return this.#tell()
    }
    const wanted = this.#options.wanted(this.id)
    return wanted && this.#fetch(wanted)
  }

  async #tell(): Promise<void> {
    const turn = this.#turn
    try {
      await this.#say((said) => this.#session.acknowledge(said), { signal: this.#options.cluster.lifetime.signal })
    } catch (thrown) {
      this.#failed(turn, thrown, 'ShareAcknowledge')
    }
  }

  /** Sends all that was said in a request of its own. */
  async #say(
    fieldsOf: (said: readonly Acknowledgement[]) => ReturnType<ShareSession['acknowledge']>,
    within: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const { cluster, answers, config, memberId } = this.#options
    const turn = this.#turn
    const said = this.#take()
    let refused: readonly Acknowledgement[] = []
    const body = (version: number) => {
      const isRenewAck = version >= FIRST_WITH_RENEWALS && said.some(({ type }) => type === 'renew')
      refused = version >= FIRST_WITH_RENEWALS ? [] : said.filter(({ type }) => type === 'renew')
      return { groupId: config.groupId, memberId, isRenewAck, ...fieldsOf(said.filter((each) => !refused.includes(each))) }
    }
    const answer = await cluster.node(this.id).send(ACKNOWLEDGE, body, within)
    if (turn !== this.#turn) return // nobody waited so long: all of it has been settled
    this.#judge(answer, 'ShareAcknowledge')
    if (answer.acquisitionLockTimeoutMs > 0) this.#lockTimeoutMs = answer.acquisitionLockTimeoutMs
    answers.settle(refused, tooOld(`broker ${this.id} does not renew locks (KIP-1222)`))
    this.#putBack(
      answers.acknowledged(
        answer,
        said.filter((each) => !refused.includes(each)),
      ),
    )
  }

  async #fetch(partitions: readonly SharePartition[]): Promise<void> {
    const { cluster, answers, config } = this.#options
    const turn = this.#turn
    this.#isFetching = true
    this.#settleStale()
    const wanted = new Set(partitions)
    const said = this.#take((partition) => wanted.has(partition) && this.#session.has(partition))
    const fields = this.#session.fetch(partitions, said)
    try {
      const answer = await cluster.node(this.id).send(FETCH, (version) => this.#fetchBody(fields, version), {
        timeoutMs: config.requestTimeoutMs + config.fetchMaxWaitMs,
        signal: cluster.lifetime.signal,
      })
      await answers.prepare(answer)
      if (turn !== this.#turn) return // as above; what it gives goes back with the session
      this.#judge(answer, 'ShareFetch')
      if (answer.acquisitionLockTimeoutMs > 0) this.#lockTimeoutMs = answer.acquisitionLockTimeoutMs
      this.#putBack(answers.fetched(answer, said, this))
    } catch (thrown) {
      this.#failed(turn, thrown, 'ShareFetch')
    }
  }

  #fetchBody(fields: ReturnType<ShareSession['fetch']>, version: number) {
    const { config, memberId } = this.#options
    const { groupId, fetchMaxWaitMs, fetchMinBytes, fetchMaxBytes, maxPollRecords, shareAcquireMode } = config
    if (version < FIRST_WITH_RENEWALS && shareAcquireMode === 'record_limit') {
      throw tooOld(`broker ${this.id} does not limit the number of records (KIP-1206): leave out shareAcquireMode=record_limit`)
    }
    return {
      groupId,
      memberId,
      maxWaitMs: fetchMaxWaitMs,
      minBytes: fetchMinBytes,
      maxBytes: fetchMaxBytes,
      maxRecords: maxPollRecords,
      batchSize: maxPollRecords,
      shareAcquireMode: ACQUIRE_MODES[shareAcquireMode],
      ...fields,
    }
  }

  /**
   * What is told next: whatever is not renewed, where only some partitions are meant. What comes too late is not told: the broker takes all that is said of a
   * partition, or nothing.
   */
  #take(of?: (partition: SharePartition) => boolean): readonly Acknowledgement[] {
    const { cluster, answers } = this.#options
    const now = cluster.platform.clock.monotonic()
    const said = of ? this.#queue.take({ of, withRenewals: false }) : this.#queue.take()
    const late = said.filter(({ lockedUntil }) => lockedUntil <= now)
    this.#inFlight = late.length === 0 ? said : said.filter(({ lockedUntil }) => lockedUntil > now)
    const what = `the lock that broker ${this.id} gave was over; others may have the records by now`
    if (late.length > 0) answers.settle(late, brokerError('INVALID_RECORD_STATE', what))
    return this.#inFlight
  }

  /** What the whole request was answered; throws where the session is over. */
  #judge({ errorCode, errorMessage }: Pick<ShareFetchResponse, 'errorCode' | 'errorMessage'>, what: string): void {
    if (errorCode !== 0) throw brokerError(errorCode, `${what} to broker ${this.id}`, errorMessage)
    this.#session.answered()
    this.#failures = 0
    this.#inFlight = []
  }

  /** The broker could not write them down now. */
  #putBack(again: readonly Acknowledgement[]): void {
    if (again.length === 0) return
    for (const each of again) this.#queue.putBack(each)
    this.#isDue = true
    this.#pause()
  }

  #renewed(held: Held, error: ClientError | null): void {
    if (error || this.#lockTimeoutMs === null) return
    held.lockedUntil = this.#options.cluster.platform.clock.monotonic() + this.#lockTimeoutMs
  }

  #failed(turn: number, thrown: unknown, what: string): void {
    const { cluster, onError } = this.#options
    if (turn !== this.#turn || cluster.lifetime.isOver) return
    const error = clientError(thrown, `${what} to broker ${this.id}`) as ClientError
    this.#lose(error)
    this.#pause()
    if (error.retriable === true) cluster.heed(error)
    else onError(error)
  }

  /** Nobody knows where the session stands. The broker gives to others what it gave. */
  #lose(error: ClientError): void {
    this.#turn++
    this.#session = new ShareSession()
    const said = [...this.#inFlight, ...this.#queue.take()]
    this.#inFlight = []
    this.#options.answers.settle(said, error)
  }

  #settleStale(): void {
    const said = this.#stale
    if (said.length === 0) return
    this.#stale = []
    this.#options.answers.settle(said, this.#gone())
  }

  #gone(): ClientError {
    const what = `the session with broker ${this.id} in which the record was given is over; others may have it by now`
    return brokerError('SHARE_SESSION_NOT_FOUND', what)
  }

  #pause(): void {
    const { clock } = this.#options.cluster.platform
    this.#notBefore = clock.monotonic() + this.#options.cluster.retries.pauseMs(this.#failures++)
  }
}

/** What is said is told to one more. */
export function watch(said: Acknowledgement, onSettled: (error: ClientError | null) => void): void {
  said.onSettled = both(said.onSettled, onSettled)
}

function tooOld(message: string): UnsupportedError {
  return new UnsupportedError('UNSUPPORTED_VERSION', message)
}
