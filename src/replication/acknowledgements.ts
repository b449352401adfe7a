// Who waits until what was appended to a partition is safe enough.

import type { KafkaError } from '../protocol/errors.ts'
import type { RequiredAcks } from './acks.ts'
import type { PartitionState } from './partition-state.ts'
import { OffsetLine } from './purgatory.ts'

/** A disk that takes longer for a flush is ill; nobody's question should wait for it. */
const SETTLE_MS = 1000

export class Acknowledgements {
  readonly #state: PartitionState
  readonly #written: OffsetLine
  readonly #committed: OffsetLine
  /** While we follow: up to where our own copy is durable. */
  readonly #kept: OffsetLine

  constructor(state: PartitionState) {
    const { log, options, durableOffset } = state
    this.#state = state
    this.#written = new OffsetLine(options.clock, log.writtenOffset)
    this.#committed = new OffsetLine(options.clock, log.highWatermark)
    this.#kept = new OffsetLine(options.clock, durableOffset)
  }

  acknowledged(offset: number, acks: RequiredAcks, timeoutMs: number): Promise<void> | undefined {
    const { leadership, options } = this.#state
    const isCertain = leadership === null || options.links?.isHeard() !== false
    return acks === 'all' || (acks === 'leader' && !isCertain)
      ? this.#committed.until(offset, timeoutMs)
      : this.#written.until(offset, Number.POSITIVE_INFINITY)
  }

  async settled(): Promise<void> {
    const { leads, isr, log } = this.#state
    if (!leads || isr.length > 1) return
    await this.#committed.until(log.endOffset, SETTLE_MS)?.catch(() => {}) // who asks is answered with what is committed by then
  }

  kept(): Promise<void> | undefined {
    return this.#kept.until(this.#state.endOffset, Number.POSITIVE_INFINITY)
  }

  writtenTo(offset: number): void {
    this.#written.reach(offset)
  }

  committedTo(offset: number): void {
    this.#committed.reach(offset)
  }

  keptTo(offset: number): void {
    this.#kept.reach(offset)
  }

  /** Refuses producers: the replica does not lead any more. */
  refuse(why: KafkaError): void {
    this.#written.fail(why)
    this.#committed.fail(why)
  }

  /** Refuses everybody: the partition is over here. */
  end(why: KafkaError): void {
    this.refuse(why)
    this.#kept.fail(why)
  }
}
