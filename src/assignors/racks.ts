// Rack-aware assignment (KIP-881): a member that says its rack gets, where balance allows, partitions with a replica in it.

import type { Assignable, Member } from './assignor.ts'

/** Whether racks change anything: some member's rack has replicas, and not every partition has one in all racks. */
export function racksMatter(memberRacks: ReadonlySet<string>, partitions: readonly Assignable[]): boolean {
  const all = new Set(partitions.flatMap(({ racks }) => racks))
  if (![...memberRacks].some((rack) => all.has(rack))) return false
  return partitions.some(({ racks }) => racks.length !== all.size)
}

/** Null for a member that does not say, or says nothing. */
export function rackOf({ rackId }: Member): string | null {
  return rackId === '' ? null : rackId
}

/** The racks of a group, as the sticky assignors look at them. */
export class GroupRacks {
  /** Of members, where racks matter; else empty. */
  readonly #rackOf = new Map<string, string>()
  /** How many members are in the racks of a partition; null where no member says its rack. */
  readonly #membersNear: ReadonlyMap<string, number> | null

  constructor(partitions: readonly Assignable[], members: readonly Member[]) {
    const near = new Map<string, number>()
    for (const member of members) {
      const rack = rackOf(member)
      if (rack !== null) near.set(rack, (near.get(rack) ?? 0) + 1)
    }
    this.#membersNear = near.size === 0 ? null : near
    if (!racksMatter(new Set(near.keys()), partitions)) return
    for (const member of members) {
      const rack = rackOf(member)
      if (rack !== null) this.#rackOf.set(member.memberId, rack)
    }
  }

  get matter(): boolean {
    return this.#rackOf.size > 0
  }

  /** The rack of a member, where racks matter. */
  of(memberId: string): string | undefined {
    return this.#rackOf.get(memberId)
  }

  /** The member says a rack, and the partition has no replica in it. */
  mismatch(memberId: string, { racks }: Assignable): boolean {
    const rack = this.#rackOf.get(memberId)
    return rack !== undefined && !racks.includes(rack)
  }

  /** Those that few members are near to come first: they have less choice. */
  sorted(partitions: Assignable[]): Assignable[] {
    const near = this.#membersNear
    if (near === null) return partitions
    const count = ({ racks }: Assignable) => racks.reduce((sum, rack) => sum + (near.get(rack) ?? 0), 0)
    return [...partitions].sort((a, b) => count(a) - count(b))
  }

  /** The index of the next member from `from` on, around the end, that is in a rack of the partition; -1 where there is none. */
  nextNear({ racks }: Assignable, memberIds: readonly string[], from: number): number {
    for (let i = 0; i < memberIds.length; i++) {
      const index = (from + i) % memberIds.length
      const rack = this.#rackOf.get(memberIds[index]!)
      if (rack !== undefined && racks.includes(rack)) return index
    }
    return -1
  }
}
