// The controller of this process: loaded when this node comes to lead the metadata log, and gone, in the same turn, when it does not any more.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { ElectedLog, Leadership } from '../machine/elected-log.ts'
import type { MachineRuntime } from '../machine/runtime.ts'
import { activate } from '../metadata/controller/activation.ts'
import type { Controller } from '../metadata/controller/controller.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { Logger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { ControllerChannel } from './controller-channel.ts'

/** What the first controller of a cluster writes first. */
export interface FirstRecords {
  /** What `bootstrap.checkpoint` holds; null where it is missing. */
  readonly bootstrap: readonly MetadataRecord[] | null
  readonly minInsyncReplicas: number
}

export interface ActiveControllerOptions {
  readonly log: Pick<ElectedLog, 'onRole' | 'resign' | 'isLeader' | 'epoch' | 'leaderId'>
  readonly runtime: MachineRuntime<Controller, MetadataRecord>
  readonly channel: ControllerChannel
  readonly first: FirstRecords
  readonly logger: Logger
  /** Without others, nobody else could lead: whoever starts is told of the failure instead. */
  readonly isAlone: boolean
}

export class ActiveController {
  readonly #options: ActiveControllerOptions
  /** Settled when the controller of the epoch that was begun last is active, or is not to be. */
  #activation: Deferred<void> = deferred<void>()
  #epoch = -1

  /** Follows the roles from here on; made before the log starts. */
  constructor(options: ActiveControllerOptions) {
    this.#options = options
    this.#activation.resolve()
    options.log.onRole((role) => this.#took(role))
  }

  /** Resolves when no controller is being made active; rejects with why the last one could not be, on a node without others. */
  get settled(): Promise<void> {
    return this.#activation.promise
  }

  #took({ isLeader, leaderId, epoch }: Leadership): void {
    const { channel, runtime } = this.#options
    if (isLeader && epoch === this.#epoch) return
    channel.isActive = false
    this.#activation.resolve()
    if (!isLeader) {
      if (this.#epoch >= 0)
        runtime.resign(new KafkaError('NOT_CONTROLLER', `the active controller is ${leaderId ?? 'not known'}`))
      this.#epoch = -1
      return
    }
    this.#epoch = epoch
    this.#activation = deferred<void>()
    this.#activation.promise.catch(() => {}) // who waits for it hears of it; nobody has to
    void this.#activate(epoch, this.#activation)
  }

  async #activate(epoch: number, done: Deferred<void>): Promise<void> {
    const { runtime, channel, first, logger, log, isAlone } = this.#options
    try {
      if (!(await runtime.load())) return done.resolve()
      await runtime.write((controller) => activate(controller, first))
      if (this.#epoch !== epoch) return done.resolve()
      channel.isActive = true
      logger.info('this node is the active controller', { epoch })
      done.resolve()
    } catch (thrown) {
      done[isAlone ? 'reject' : 'resolve'](thrown as never)
      if (this.#epoch !== epoch) return
      logger.error('this node leads the metadata quorum and cannot be the active controller', { epoch, error: thrown })
      if (!isAlone) await log.resign(epoch)
    }
  }
}
