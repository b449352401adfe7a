// A broker's place in its cluster: registered and fenced first, then serving, then gone in peace.

import { deferred } from '../base/deferred.ts'
import type { Decision } from '../machine/machine.ts'
import {
  type BrokerEpoch,
  controlledShutdown,
  fenceBroker,
  type Progress,
  registerBroker,
  unfenceBroker,
} from '../metadata/controller/brokers.ts'
import type { Controller } from '../metadata/controller/controller.ts'
import { registeredFeatures } from '../metadata/features.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { Clock } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { ControllerChannel } from './controller-channel.ts'

export interface BrokerIdentity {
  readonly nodeId: number
  /** New with every start of the process. */
  readonly incarnationId: string
  readonly rack: string | null
  readonly directoryIds: readonly string[]
  /** What the last clean stop left; -1 after a crash. */
  readonly previousEpoch: number
  readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[]
}

const PLAINTEXT = 0

export class Registration {
  readonly #controller: ControllerChannel
  readonly #identity: BrokerIdentity
  #epoch = -1

  constructor(controller: ControllerChannel, identity: BrokerIdentity) {
    this.#controller = controller
    this.#identity = identity
  }

  /** The broker epoch: the offset of its registration. */
  get epoch(): number {
    return this.#epoch
  }

  /** Registers, fenced: the cluster knows the broker and nobody uses it yet. */
  async register(): Promise<void> {
    const { nodeId, incarnationId, rack, directoryIds, previousEpoch, endpoints } = this.#identity
    const request = {
      brokerId: nodeId,
      incarnationId,
      listeners: endpoints.map((endpoint) => ({ ...endpoint, securityProtocol: PLAINTEXT })),
      features: registeredFeatures(),
      rack,
      logDirs: directoryIds,
      previousBrokerEpoch: previousEpoch,
    }
    while (this.#epoch < 0) {
      const { brokerEpoch } = await this.#controller.ask((controller, now) => registerBroker(controller, request, now))
      this.#epoch = brokerEpoch
    }
  }

  /** Serves from now on, and leads where it may. */
  async unfence(): Promise<void> {
    await this.#untilDone(unfenceBroker)
  }

  /**
   * Gives away what it leads, then stops serving; the metadata says so before the logs are closed (behaviour after a clean stop). Throws what
   * the controller refuses it with, and REQUEST_TIMED_OUT where that takes longer than `timeoutMs`.
   */
  async leave(clock: Clock, timeoutMs: number): Promise<void> {
    const late = deferred<never>()
    const timer = clock.after(timeoutMs, () =>
      late.reject(new KafkaError('REQUEST_TIMED_OUT', `leaving the cluster took more than ${timeoutMs} ms`)),
    )
    try {
      await Promise.race([this.#giveUp(), late.promise])
    } finally {
      timer.cancel()
    }
  }

  async #giveUp(): Promise<void> {
    await this.#untilDone(controlledShutdown)
    await this.#untilDone(fenceBroker)
  }

  /** What concerns thousands of partitions is decided in pieces, with a turn of the event loop between them. */
  async #untilDone(command: (controller: Controller, who: BrokerEpoch) => Decision<MetadataRecord, Progress>): Promise<void> {
    while (!(await this.#controller.ask((controller) => command(controller, this.#who))).isDone);
  }

  get #who() {
    return { brokerId: this.#identity.nodeId, brokerEpoch: this.#epoch }
  }
}
