// One partition of __consumer_offsets whose leader this broker is, or was: its machine on its log, loaded again where it failed.

import type { ReplicatedLog } from '../../machine/machine.ts'
import { MachineRuntime } from '../../machine/runtime.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { KafkaError } from '../../protocol/errors.ts'
import { GroupMachine } from './group-machine.ts'
import { groupRecords } from './records.ts'
import type { GroupSettings } from './settings.ts'
import type { GroupRecord } from './stored.ts'

export interface LedPartitionOptions {
  readonly name: string
  readonly log: ReplicatedLog
  readonly settings: GroupSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly maxBatchBytes: () => number
}

/** A machine that met a bug or an unreadable log is tried again after this time: others of its groups may be well by then. */
const RELOAD_AFTER_MS = 10_000

export class LedPartition {
  readonly runtime: MachineRuntime<GroupMachine, GroupRecord>
  readonly log: ReplicatedLog
  readonly #clock: Clock
  /** The epoch it leads in; null while it does not lead. */
  #leaderEpoch: number | null = null
  #retry: Timer | null = null
  #isRetired = false
  /** Resolves when the load under way is over, whatever came of it. */
  loaded: Promise<void> = Promise.resolve()

  constructor({ settings, ...options }: LedPartitionOptions) {
    this.log = options.log
    this.#clock = options.clock
    this.runtime = new MachineRuntime({
      ...options,
      create: () => new GroupMachine(settings),
      commitTimeoutMs: settings.commitTimeoutMs,
      codec: groupRecords,
      onFailed: () => this.#tryAgain(),
    })
    options.log.onRetired(() => {
      this.#isRetired = true
      this.#leaderEpoch = null
      this.#retry?.cancel()
    })
  }

  get isLed(): boolean {
    return this.#leaderEpoch !== null
  }

  /** Reads the groups from the log, unless it leads in this epoch already, or its log is over. */
  lead(leaderEpoch: number): void {
    if (this.#isRetired || this.#leaderEpoch === leaderEpoch) return
    this.#leaderEpoch = leaderEpoch
    this.#load()
  }

  resign(why: KafkaError): void {
    this.#leaderEpoch = null
    this.#retry?.cancel()
    this.runtime.resign(why)
  }

  #load(): void {
    this.#retry?.cancel()
    // A load that fails has told so through onFailed.
    this.loaded = this.runtime.load().then(
      () => {},
      () => {},
    )
  }

  #tryAgain(): void {
    if (!this.isLed) return
    this.#retry?.cancel()
    this.#retry = this.#clock.after(RELOAD_AFTER_MS, () => this.#load())
  }
}
