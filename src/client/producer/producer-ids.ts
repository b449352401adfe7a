// The producer id and epoch that batches are numbered under, and how an idempotent producer without transactions comes to one.

import type { Exchange } from '../../net/peer.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../protocol/messages/init-producer-id.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { brokerError } from '../errors/index.ts'
import { LAST_EPOCH, type ProducerIdentity, same } from './identity.ts'

export const INIT_PRODUCER_ID: Exchange<InitProducerIdRequest, InitProducerIdResponse> = {
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
}

/** No transaction: nothing that could run out of time. */
const NO_TIMEOUT = 2 ** 31 - 1

export class ProducerIds {
  readonly #cluster: Cluster
  readonly #onNews: () => void
  #identity: ProducerIdentity | null = null
  #trouble: Error | null = null
  #isAsking = false

  /** @param onNews there is an identity, or a reason why there will be none */
  constructor(cluster: Cluster, onNews: () => void) {
    this.#cluster = cluster
    this.#onNews = onNews
  }

  /** Null until one was given. */
  get identity(): ProducerIdentity | null {
    return this.#identity
  }

  /** Why none was given: batches fail with it, and the next one asks anew. */
  takeTrouble(): Error | null {
    const trouble = this.#trouble
    this.#trouble = null
    return trouble
  }

  /** Somebody else (the coordinator of transactions) has given one. */
  set(identity: ProducerIdentity): void {
    this.#identity = identity
    this.#onNews()
  }

  /** Asks any broker, until there is one or the client ends. */
  ask(): void {
    if (this.#isAsking || this.#identity) return
    this.#isAsking = true
    this.#given()
      .then(
        (identity) => {
          this.#identity = identity
        },
        (thrown) => {
          if (!this.#cluster.lifetime.isOver) this.#trouble = thrown
        },
      )
      .finally(() => {
        this.#isAsking = false
        this.#onNews()
      })
  }

  async #given(): Promise<ProducerIdentity> {
    const { lifetime, retries } = this.#cluster
    const patience = this.#cluster.patience('a producer id', { signal: lifetime.signal })
    return retries.run(patience, async () => {
      const body = { transactionalId: null, transactionTimeoutMs: NO_TIMEOUT }
      const answer = await this.#cluster.askAny(INIT_PRODUCER_ID, body, patience)
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'InitProducerId')
      return { id: answer.producerId, epoch: answer.producerEpoch }
    })
  }

  /** This identity cannot go on somewhere: there is a newer one from now on, or soon. */
  bump(stale: ProducerIdentity | null): void {
    if (stale === null || !same(stale, this.#identity)) return
    if (stale.epoch < LAST_EPOCH) this.#identity = { id: stale.id, epoch: stale.epoch + 1 }
    else {
      this.#identity = null
      this.ask()
    }
  }
}
