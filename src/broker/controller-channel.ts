// The controller in this process, where this node has one: commands are decided here while it is the active one, and refused with NOT_CONTROLLER else.
// Who wants the active controller wherever it is asks a ControllerClient.

import type { Decision, ReplicatedLog } from '../machine/machine.ts'
import type { MachineRuntime } from '../machine/runtime.ts'
import type { Controller } from '../metadata/controller/controller.ts'
import type { MetadataPublisher } from '../metadata/publisher.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { KafkaError } from '../protocol/errors.ts'

export type Command<T> = (controller: Controller, now: number) => Decision<MetadataRecord, T>

export class ControllerChannel {
  readonly #runtime: MachineRuntime<Controller, MetadataRecord> | null
  readonly #publisher: MetadataPublisher
  readonly #log: Pick<ReplicatedLog, 'committedOffset'>
  readonly #onActive: (() => void)[] = []
  #isActive = false

  /** @param runtime null on a node that is no controller */
  constructor(
    runtime: MachineRuntime<Controller, MetadataRecord> | null,
    publisher: MetadataPublisher,
    log: Pick<ReplicatedLog, 'committedOffset'>,
  ) {
    this.#runtime = runtime
    this.#publisher = publisher
    this.#log = log
  }

  /** False until what a new controller writes first is committed: nobody may decide on a cluster without its features. */
  get isActive(): boolean {
    return this.#isActive
  }

  set isActive(is: boolean) {
    this.#isActive = is
    if (is) for (const run of this.#onActive) run()
  }

  /** Runs whenever this node has become the active controller. */
  onActive(run: () => void): void {
    this.#onActive.push(run)
  }

  /**
   * Resolves once what the command wrote is committed and this node has acted on it: a topic that was made can be written at once. The
   * command's own answer may hold errors per item; it throws where nothing could be decided, NOT_CONTROLLER where another node is asked for that.
   */
  async ask<T>(command: Command<T>): Promise<T> {
    const answer = await this.decide(command)
    await this.#publisher.reached(this.#log.committedOffset)
    return answer
  }

  /** The same, answered once it is committed: for requests of other nodes, which learn of it from their own copy of the log. */
  decide<T>(command: Command<T>): Promise<T> {
    if (this.#runtime && this.isActive) return this.#runtime.write(command)
    return Promise.reject(new KafkaError('NOT_CONTROLLER', 'this node is not the active controller'))
  }
}
