// How this broker asks the active controller. With one node it lives in this process; with more, the same calls will be forwarded.

import type { Decision, ReplicatedLog } from '../machine/machine.ts'
import type { MachineRuntime } from '../machine/runtime.ts'
import type { Controller } from '../metadata/controller/controller.ts'
import type { MetadataPublisher } from '../metadata/publisher.ts'
import type { MetadataRecord } from '../metadata/records.ts'

export class ControllerChannel {
  readonly #runtime: MachineRuntime<Controller, MetadataRecord>
  readonly #publisher: MetadataPublisher
  readonly #log: ReplicatedLog

  constructor(runtime: MachineRuntime<Controller, MetadataRecord>, publisher: MetadataPublisher, log: ReplicatedLog) {
    this.#runtime = runtime
    this.#publisher = publisher
    this.#log = log
  }

  /**
   * Resolves once what the command wrote is committed and this broker has acted on it: a topic that was made can be written at once. The
   * command's own answer may hold errors per item; it throws where nothing could be decided.
   */
  async ask<T>(command: (controller: Controller, now: number) => Decision<MetadataRecord, T>): Promise<T> {
    const answer = await this.#runtime.write(command)
    await this.#publisher.reached(this.#log.committedOffset)
    return answer
  }
}
