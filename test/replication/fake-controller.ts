// The controller of one partition, as far as replication needs one: who lives, who leads, who is in sync, by the rules of AlterPartition. It never
// fails; what it says is late like everything else.

import { KafkaError } from '../../src/protocol/errors.ts'
import type { IsrChange, IsrChanged } from '../../src/replication/links.ts'
import type { PartitionRole } from '../../src/replication/partition.ts'

export interface Registration {
  readonly epoch: number
  readonly isFenced: boolean
}

/** What brokers learn: the whole of it, which is small. */
export interface View {
  readonly version: number
  readonly role: PartitionRole
  readonly brokers: ReadonlyMap<number, Registration>
}

/** Who left while fewer than this were in sync may lead again (KIP-966): nothing was committed without it. */
const MIN_IN_SYNC = 2

export class FakeController {
  #eligible: readonly number[] = []
  readonly #brokers = new Map<number, Registration>()
  #role: PartitionRole
  #version = 0
  #nextEpoch = 10
  /** Hears every new view, in order. */
  onView: (view: View) => void = () => {}
  elections = 0

  constructor(replicas: readonly number[]) {
    this.#role = { leaderId: -1, leaderEpoch: -1, partitionEpoch: -1, replicas, isr: replicas }
  }

  get view(): View {
    return { version: this.#version, role: this.#role, brokers: new Map(this.#brokers) }
  }

  get role(): PartitionRole {
    return this.#role
  }

  /** A new life of a broker: it has to show itself before it may lead. */
  register(id: number): number {
    const epoch = this.#nextEpoch++
    this.#brokers.set(id, { epoch, isFenced: true })
    this.#elect()
    return epoch
  }

  unfence(id: number, epoch: number): void {
    if (this.#brokers.get(id)?.epoch !== epoch) return
    this.#brokers.set(id, { epoch, isFenced: false })
    this.#elect()
  }

  fence(id: number): void {
    const broker = this.#brokers.get(id)
    if (!broker || broker.isFenced) return
    this.#brokers.set(id, { ...broker, isFenced: true })
    this.#elect(this.#role.isr.filter((one) => one !== id))
  }

  isActive(id: number): boolean {
    return this.#brokers.get(id)?.isFenced === false
  }

  /** Somebody wishes another leader. */
  moveLeader(to: number): void {
    const { isr, leaderId } = this.#role
    if (to !== leaderId && isr.includes(to) && this.isActive(to)) this.#change({ leaderId: to })
  }

  reassign(replicas: readonly number[]): void {
    this.#change({ replicas, isr: this.#role.isr.filter((id) => replicas.includes(id)) })
    this.#elect()
  }

  #elect(isr = this.#role.isr): void {
    const { leaderId } = this.#role
    const candidates = isr.length > 0 ? isr : [...this.#eligible, ...this.#role.isr]
    const stays = isr.includes(leaderId) && this.isActive(leaderId)
    const next = stays ? leaderId : (candidates.find((id) => this.isActive(id)) ?? -1)
    const after = isr.length === 0 && next >= 0 ? [next] : isr
    if (next !== leaderId || after.length !== this.#role.isr.length) this.#change({ isr: after, leaderId: next })
    else this.#tell()
  }

  #change(change: Partial<PartitionRole>): void {
    const role = { ...this.#role, ...change }
    const isElection = role.leaderId !== this.#role.leaderId
    const known = [...this.#eligible, ...this.#role.isr].filter((id) => !role.isr.includes(id))
    this.#eligible = role.isr.length < MIN_IN_SYNC ? [...new Set(known)] : []
    if (isElection) this.elections++
    this.#role = {
      ...role,
      leaderEpoch: this.#role.leaderEpoch + (isElection ? 1 : 0),
      partitionEpoch: this.#role.partitionEpoch + 1,
    }
    this.#tell()
  }

  #tell(): void {
    this.#version++
    this.onView(this.view)
  }

  /** Throws what a controller answers. */
  alter(brokerId: number, brokerEpoch: number, { leaderEpoch, partitionEpoch, newIsr }: IsrChange): IsrChanged {
    const role = this.#role
    if (this.#brokers.get(brokerId)?.epoch !== brokerEpoch) throw new KafkaError('STALE_BROKER_EPOCH')
    if (brokerId !== role.leaderId || leaderEpoch !== role.leaderEpoch) throw new KafkaError('FENCED_LEADER_EPOCH')
    if (partitionEpoch !== role.partitionEpoch) throw new KafkaError('INVALID_UPDATE_VERSION')
    const ids = newIsr.map((member) => member.brokerId)
    if (ids.length === 0 || !ids.every((id) => role.replicas.includes(id))) throw new KafkaError('INVALID_REQUEST')
    for (const member of newIsr) {
      const broker = this.#brokers.get(member.brokerId)
      const isKnown = member.brokerEpoch === -1 || member.brokerEpoch === broker?.epoch
      if (!broker || broker.isFenced || !isKnown) throw new KafkaError('INELIGIBLE_REPLICA')
    }
    if (ids.includes(role.leaderId)) this.#change({ isr: ids })
    else this.#change({ isr: ids, leaderId: ids[0]! })
    const { leaderId, isr } = this.#role
    return {
      leaderId,
      isr,
      leaderEpoch: this.#role.leaderEpoch,
      leaderRecoveryState: 0,
      partitionEpoch: this.#role.partitionEpoch,
    }
  }
}
