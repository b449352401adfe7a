// What the controller's word makes of a partition here: it leads, in one epoch after another, or does not; and how far it is committed.

import type { Log } from '../log/log.ts'
import { silentLogger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { Leadership, type LedPartition } from './leadership.ts'
import { asLed } from './led-partition.ts'
import type { ReplicationLinks } from './links.ts'
import type { PartitionState } from './partition-state.ts'
import type { PartitionRole } from './role.ts'

export class Tenure {
  readonly #state: PartitionState
  readonly #acknowledgements: Acknowledgements
  readonly #onCommit: ((committedOffset: number) => void)[] = []
  #onRetired: ((why: KafkaError) => void)[] = []

  constructor(state: PartitionState, acknowledgements: Acknowledgements) {
    this.#state = state
    this.#acknowledgements = acknowledgements
    this.attend(state.log)
  }

  /** Hears of the log from here on. One that was exchanged for another copy has no say any more. */
  attend(log: Log): void {
    const isOurs = () => this.#state.log === log
    log.onProgress(() => isOurs() && this.#advance())
    log.onDamage(() => isOurs() && this.#heedDamage())
    log.onBroken((why) => {
      const { name } = this.#state
      if (isOurs()) this.retire(new KafkaError('KAFKA_STORAGE_ERROR', `${name} is out of use: ${why.message}`, { cause: why }))
    })
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#onCommit.push(run)
  }

  onRetired(run: (why: KafkaError) => void): void {
    const { gone } = this.#state
    if (gone) run(gone)
    else this.#onRetired.push(run)
  }

  become(role: PartitionRole): void {
    const { leaderEpoch, partitionEpoch } = this.#state.role
    if (role.leaderEpoch < leaderEpoch || (role.leaderEpoch === leaderEpoch && role.partitionEpoch < partitionEpoch)) return
    this.#state.role = role
    this.assume()
  }

  /** Stands as the role says, as far as the log allows it now. */
  assume(): void {
    const state = this.#state
    const { role, log } = state
    const leads = state.gone === null && !state.cut && role.leaderId === state.localId
    if (state.leads && !leads) this.#stepDown()
    if (leads && (!state.leads || role.leaderEpoch !== state.led.epoch)) this.#beginEpoch()
    if (leads) this.#lead()
    else if (!state.cut) log.forgetUnwrittenEpochs() // what the next leader has there may be older
    this.#advance()
    state.tellAll()
  }

  #stepDown(): void {
    const state = this.#state
    state.leads = false
    state.term++
    this.#endLeadership()
    const why = `${state.name} is led by ${state.role.leaderId} now`
    this.#acknowledgements.refuse(new KafkaError('NOT_LEADER_OR_FOLLOWER', why))
  }

  #beginEpoch(): void {
    const state = this.#state
    const { log, role, options } = state
    state.leads = true
    state.term++
    this.#endLeadership()
    log.forgetUnwrittenEpochs()
    log.assignEpoch(role.leaderEpoch)
    state.led = { epoch: role.leaderEpoch, startOffset: log.endOffset, since: options.clock.monotonic() }
    this.#acknowledgements.committedTo(log.highWatermark)
  }

  #lead(): void {
    const state = this.#state
    const { log, role, led } = state
    const { flushPolicy, links } = state.options
    // What a crash left with the operating system counts once it is on the device.
    if (flushPolicy === 'fsync' && log.flushedOffset < log.endOffset) log.requestFlush()
    if (role.replicas.length === 1 || !links) this.#endLeadership()
    else if (state.leadership) state.leadership.update(role)
    else state.leadership = new Leadership(this.#asLed(links), role, led)
    this.#heedDamage()
  }

  #asLed(links: ReplicationLinks): LedPartition {
    const { clock, logger = silentLogger } = this.#state.options
    return asLed(this.#state, { clock, logger, links, changed: () => this.#advance() })
  }

  #endLeadership(): void {
    this.#state.leadership?.end()
    this.#state.leadership = null
  }

  review(): void {
    this.#heedDamage()
    this.#state.leadership?.review()
  }

  // A damaged copy does not lead where another one can: it mends itself as a follower.
  #heedDamage(): void {
    const { leads, log, leadership } = this.#state
    if (leads && log.damage) leadership?.resign()
  }

  retire(why: KafkaError): void {
    const state = this.#state
    state.gone = why
    state.leads = false
    state.term++
    this.#endLeadership()
    this.#acknowledgements.end(why)
    state.tellAll()
    const followers = this.#onRetired
    this.#onRetired = []
    for (const run of followers) run(why)
  }

  // The high watermark is the smallest durable end among the in-sync replicas; this broker's own is all there is with one replica.
  #advance(): void {
    const { log, leads, leadership, durableOffset, watchers } = this.#state
    this.#acknowledgements.writtenTo(log.writtenOffset)
    if (!leads) return this.#acknowledgements.keptTo(durableOffset)
    const safe = leadership ? leadership.safeOffset : durableOffset
    if (safe === null || safe <= log.highWatermark) return
    log.highWatermark = safe
    this.#acknowledgements.committedTo(safe)
    for (const run of this.#onCommit) run(safe)
    watchers.tell()
  }
}
