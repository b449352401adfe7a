// Clients that commit offsets: one without a group's protocol, and members of a group that share the partitions.

import { committedOffsets, findCoordinator, GroupMember } from '../support/group-member.ts'
import type { KafkaCalls } from '../support/kafka-client.ts'
import { Client, type ClientWorld, Trouble } from './clients.ts'
import { violated } from './history.ts'

const REJOIN = ['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'MEMBER_ID_REQUIRED']

abstract class Committer extends Client {
  readonly group: string
  readonly #world: Pick<ClientWorld, 'coordinator' | 'knowsBetter'>
  #next = 1

  constructor(name: string, group: string, world: ClientWorld) {
    super(name, world)
    this.group = group
    this.#world = world
  }

  /** A way to the group's coordinator. */
  protected async find(client: KafkaCalls): Promise<KafkaCalls> {
    try {
      const { host, port } = await findCoordinator(client, this.group)
      return await client.at(`${host}:${port}`)
    } catch (thrown) {
      const error = / failed with (\w+)$/.exec((thrown as Error).message)?.[1]
      if (error === undefined) throw thrown
      this.accept(error, 'FindCoordinator')
      throw thrown
    }
  }

  /** Which coordinator it is that `client` leads to; null where another one may have taken over already. */
  #certain(client: KafkaCalls): string | null {
    const known = this.#world.coordinator(this.group)
    return known?.startsWith(`${client.server} `) ? known : null
  }

  /** Asks, and looks whether it was a coordinator that answered: one that knows of another has to say so. */
  protected async asCoordinator(client: KafkaCalls, ask: () => Promise<string>): Promise<string> {
    const knewBetter = this.#world.knowsBetter(client.server, this.group)
    const error = await ask()
    if (error === 'NONE' && knewBetter)
      violated(`${client.server} answers for ${this.group}, and knows that another broker coordinates it`)
    return error
  }

  /** Unique in the whole run, so that a value says who wrote it. */
  protected fresh(): number {
    return this.#next++ * 1000 + Number(this.name.replace(/\D/g, ''))
  }

  protected async commit(member: GroupMember, partition: number): Promise<void> {
    const register = this.history.register(this.group, partition)
    const startedAt = this.now
    const write = register.begin(this.fresh(), startedAt)
    const error = await member.commit(this.history.topic, write.value, partition)
    if (error === 'NONE') {
      register.end(write, 'done', this.now)
      this.note(`committed ${write.value} of ${partition}`)
      this.promised(startedAt)
    } else if (REJOIN.includes(error)) register.end(write, 'refused', this.now)
    this.accept(error, 'OffsetCommit', REJOIN)
  }

  protected async fetchCommitted(client: KafkaCalls, partitions: readonly number[]): Promise<void> {
    const startedAt = this.now
    const before = this.#certain(client)
    let found: Record<string, number> = {}
    try {
      await this.asCoordinator(client, async () => {
        found = await committedOffsets(client, this.group)
        return 'NONE'
      })
    } catch (thrown) {
      const error = / failed with (\w+)$/.exec((thrown as Error).message)?.[1]
      if (error === undefined) throw thrown
      return this.accept(error, 'OffsetFetch')
    }
    // One whose place another has taken, and which has not heard of it, tells what it knows.
    if (before === null || before !== this.#certain(client)) return
    for (const partition of partitions) {
      this.history.register(this.group, partition).read(found[`${this.history.topic}-${partition}`] ?? -1, startedAt, this.now)
    }
  }
}

/** Commits without being a member. */
export class LoneCommitter extends Committer {
  protected async work(any: KafkaCalls): Promise<void> {
    const client = await this.find(any)
    const all = this.history.partitions.map((_, i) => i)
    const nobody = new GroupMember(client, this.group)
    while (!this.mustStop) {
      if (this.random.chance(0.3)) await this.fetchCommitted(client, all)
      await this.commit(nobody, this.random.pick(all))
      await this.rest(this.random.next() * 200)
    }
  }
}

const ALL = /\d+/g

/** Joins, shares the partitions out where it leads, commits for what it owns; leaves and falls silent now and then. */
export class Sharer extends Committer {
  /** Who joins waits for the others. */
  protected override get timeoutMs(): number {
    return 15_000
  }

  protected async work(any: KafkaCalls): Promise<void> {
    const client = await this.find(any)
    const member = new GroupMember(client, this.group, { sessionTimeoutMs: 6000, rebalanceTimeoutMs: 6000 })
    try {
      while (!this.mustStop) await this.#oneGeneration(client, member)
      if (member.memberId !== '') await member.leave()
    } catch (thrown) {
      if (!(thrown instanceof Trouble)) throw thrown
      // A member that is not known any more joins as a new one.
      this.note(thrown.message)
      if (/UNKNOWN_MEMBER_ID/.test(thrown.message)) return
      throw thrown
    }
  }

  async #oneGeneration(client: KafkaCalls, member: GroupMember): Promise<void> {
    this.accept(await member.join(), 'JoinGroup', REJOIN)
    if (this.random.chance(0.2)) await this.#commitEarly(member)
    const owned = await this.#sync(member)
    if (owned === null) return
    this.note(`owns ${owned} in generation ${member.generationId}`)
    if (this.history.generations.assigned(member.generationId, member.memberId, owned)) this.saw('a partition changed its owner')
    await this.fetchCommitted(client, owned)
    while (!this.mustStop) {
      const error = await this.asCoordinator(client, () => member.heartbeat())
      if (error === 'REBALANCE_IN_PROGRESS') return
      this.accept(error, 'Heartbeat', REJOIN)
      if (this.random.chance(0.5) && owned.length > 0) await this.commit(member, this.random.pick(owned))
      else this.succeeded(this.now)
      if (this.random.chance(0.05)) await this.#commitLate(member)
      if (this.random.chance(0.02)) await this.#fallSilent(member)
      if (this.random.chance(0.02)) {
        await member.leave()
        return
      }
      await this.rest(200 + this.random.next() * 800)
    }
  }

  /** For longer than its session: a coordinator that lived on has put it out. */
  async #fallSilent(member: GroupMember): Promise<void> {
    const { life } = this
    await this.sleep(15_000)
    const error = await member.heartbeat()
    if (error === 'UNKNOWN_MEMBER_ID') this.saw('a member came too late and was unknown')
    if (error === 'NONE' && life === this.life) violated(`${member.memberId} was silent for 15 s and is a member still`)
    this.accept(error, 'Heartbeat', REJOIN)
  }

  /** Before its generation is settled. */
  async #commitEarly(member: GroupMember): Promise<void> {
    const partition = this.random.below(this.history.partitions.length)
    const write = this.history.register(this.group, partition).begin(this.fresh(), this.now)
    const error = await member.commit(this.history.topic, write.value, partition)
    // Any other error leaves open whether it was written.
    const isKnown = error === 'NONE' || REJOIN.includes(error)
    if (isKnown) this.history.register(this.group, partition).end(write, error === 'NONE' ? 'done' : 'refused', this.now)
    if (error === 'REBALANCE_IN_PROGRESS') this.saw('a commit met a rebalance')
    else this.accept(error, 'OffsetCommit before the assignment', REJOIN)
  }

  /** As one who does not know yet that a new generation has begun. */
  async #commitLate(member: GroupMember): Promise<void> {
    member.generationId--
    const error = await member.commit(this.history.topic, 1)
    member.generationId++
    if (error === 'NONE') violated(`a commit of generation ${member.generationId - 1} was accepted in ${member.generationId}`)
    if (error === 'ILLEGAL_GENERATION') this.saw('a commit of an old generation was refused')
    if (!REJOIN.includes(error)) this.accept(error, 'OffsetCommit of an old generation')
    member.generationId--
    const text = await member.sync({})
    member.generationId++
    if (text === '' || text.startsWith('owned'))
      violated(`generation ${member.generationId - 1} was given an assignment of ${member.generationId}`)
  }

  /** The partitions it owns; null where the group rebalances again. */
  async #sync(member: GroupMember): Promise<number[] | null> {
    const shares = member.members.map((id, i) => [
      id,
      this.history.partitions.flatMap((_, p) => (p % member.members.length === i ? [p] : [])),
    ])
    const text = await member.sync(member.isLeader ? Object.fromEntries(shares.map(([id, share]) => [id, `owned ${share}`])) : {})
    if (text.startsWith('owned')) return (text.match(ALL) ?? []).map(Number)
    if (text === 'REBALANCE_IN_PROGRESS') return null
    if (text === '') return []
    this.accept(text, 'SyncGroup', REJOIN)
    return null
  }
}
