// Carries out what the quorum decides: votes to their file, batches to the log, commits to those who wait.

import { assert } from '../base/assert.ts'
import type { Log } from '../log/log.ts'
import type { Appended } from '../machine/machine.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { type QuorumEffect, type QuorumState, step } from './quorum.ts'
import { saveVote } from './quorum-state.ts'

export interface DriverOptions {
  readonly log: Log
  readonly state: QuorumState
  readonly clock: Clock
  readonly disk: Disk
  readonly logger: Logger
  readonly onCommit: (offset: number) => void
  /** Every batch that went into the log, with its offsets. */
  readonly onAppend: (batch: RecordBatch) => void
}

export class QuorumDriver {
  readonly #options: DriverOptions

  constructor(options: DriverOptions) {
    this.#options = options
    options.log.onProgress(() => this.#flushed())
  }

  get state(): QuorumState {
    return this.#options.state
  }

  /** Stands for election; resolves when the vote is saved and this node leads. */
  async start(): Promise<void> {
    const { state, clock } = this.#options
    for (const effect of step(state, { kind: 'start', now: clock.now() })) {
      if (effect.kind === 'saveVote') await this.#saveVote(effect.vote)
      else this.#carryOut(effect)
    }
  }

  /** A leader's batch: into the log at once, on the device soon, committed then. Throws where the log does, with nothing changed. */
  append(bytes: Uint8Array): Appended {
    const { state, log } = this.#options
    const { recordCount } = new RecordBatch(bytes)
    const before = { ...state }
    const effects = step(state, { kind: 'append', batch: bytes, recordCount })
    assert(effects.length === 1 && effects[0]!.kind === 'write', 'an append of a lone leader is one write')
    try {
      return this.#write(bytes, state.epoch)
    } catch (thrown) {
      state.endOffset = before.endOffset
      throw thrown
    } finally {
      assert(state.endOffset === log.endOffset, `the quorum counts to ${state.endOffset}, its log to ${log.endOffset}`)
    }
  }

  resign(): void {
    for (const effect of step(this.#options.state, { kind: 'resign' })) this.#carryOut(effect)
  }

  #flushed(): void {
    const { state, log } = this.#options
    for (const effect of step(state, { kind: 'flushed', endOffset: log.flushedOffset })) this.#carryOut(effect)
  }

  #carryOut(effect: QuorumEffect): void {
    const { logger, log, onCommit } = this.#options
    switch (effect.kind) {
      case 'write':
        this.#write(effect.batch, effect.epoch)
        return
      case 'commit':
        log.highWatermark = effect.offset
        onCommit(effect.offset)
        return
      case 'role':
        logger.info('the metadata quorum', { role: effect.role, epoch: effect.epoch, leader: effect.leaderId })
        return
      case 'saveVote':
        assert(false, 'a vote is saved before what follows from it, so nobody may carry on meanwhile')
    }
  }

  /** Metadata is flushed before it counts, whatever log.flush.policy says. */
  #write(bytes: Uint8Array, epoch: number): Appended {
    const { log, onAppend } = this.#options
    const batch = new RecordBatch(bytes)
    const appended = log.append(batch, epoch)
    onAppend(batch)
    log.requestFlush()
    return appended
  }

  #saveVote(vote: Parameters<typeof saveVote>[2]): Promise<void> {
    const { disk, log, state } = this.#options
    return saveVote(
      disk,
      log.dir,
      vote,
      state.kraftVersion,
      state.voters.map(({ id }) => id),
    )
  }
}
