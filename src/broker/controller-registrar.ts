// A controller tells the active one, once in the life of its process, where it listens and what it supports (KIP-919).

import { randomUuid } from '../base/uuid.ts'
import type { LoadedConfig } from '../config/load.ts'
import { registeredFeatures } from '../metadata/features.ts'
import type { Platform } from '../platform/platform.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import { ControllerRegistrationRequest, ControllerRegistrationResponse } from '../protocol/messages/controller-registration.ts'
import type { ControllerClient } from './controller-client.ts'
import { controllerEndpoints } from './network-settings.ts'

const PLAINTEXT = 0
const REGISTRATION = { request: ControllerRegistrationRequest, response: ControllerRegistrationResponse }
const TIMEOUT_MS = 30_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

export class ControllerRegistrar {
  readonly #platform: Platform
  readonly #loaded: LoadedConfig
  readonly #controller: ControllerClient
  #isOver = false

  constructor(platform: Platform, loaded: LoadedConfig, controller: ControllerClient) {
    this.#platform = platform
    this.#loaded = loaded
    this.#controller = controller
  }

  /** Resolves when it was told, or after `stop`. Never rejects: what is refused is logged, and tried again after longer and longer pauses. */
  async run(): Promise<void> {
    const { clock, logger, random, network } = this.#platform
    const body = {
      controllerId: this.#loaded.config['node.id'],
      incarnationId: randomUuid((length) => random.bytes(length)),
      zkMigrationReady: false,
      listeners: controllerEndpoints(this.#loaded, network.hostName).map((endpoint) => ({
        ...endpoint,
        securityProtocol: PLAINTEXT,
      })),
      features: registeredFeatures(),
    }
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isOver; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        const { errorCode, errorMessage } = await this.#controller.send(REGISTRATION, body, TIMEOUT_MS)
        if (errorCode === 0) return
        throw new KafkaError(errorName(errorCode), errorMessage ?? undefined)
      } catch (thrown) {
        if (this.#isOver) return
        logger.warn('this controller could not be registered; it is tried again', { error: thrown })
        await new Promise<void>((resume) => void clock.after(pauseMs, resume))
      }
    }
  }

  stop(): void {
    this.#isOver = true
  }
}
