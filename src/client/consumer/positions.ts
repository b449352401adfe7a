// Finds out where to read on in each partition: at what the group has committed, where the policy says, or at a time; and notices when a new leader has
// lost what was read (KIP-320).

import type { ConsumerSettings } from '../../config/client/consumer.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { BrokerError, ClientError, UnsupportedError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import type { Trouble } from './engine.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { OffsetLookup } from './offset-lookup.ts'
import { LATEST, type Search, searchOf } from './reset.ts'

export interface PositionsOptions {
  readonly cluster: Cluster
  readonly config: ConsumerSettings
  readonly assignment: Assignment
  readonly lookup: OffsetLookup
  /** Null without a group. */
  readonly offsets: GroupOffsets | null
  /** There is something to fetch. */
  readonly onFound: () => void
  /** For the program. */
  readonly onError: (error: ClientError, trouble?: Trouble) => void
}

export class Positions {
  readonly #options: PositionsOptions
  #isWorking = false
  #failures = 0

  constructor(options: PositionsOptions) {
    this.#options = options
  }

  /** Looks for all positions that are not known. */
  kick(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    void this.#work().finally(() => {
      this.#isWorking = false
      if (this.#searching().length > 0 && !this.#options.cluster.lifetime.isOver) this.kick()
    })
  }

  /** The records at its position are gone: on by the policy, or the program is told. */
  outOfRange(partition: AssignedPartition): void {
    const { config, cluster, onError } = this.#options
    const search = searchOf(config.autoOffsetReset, cluster.platform.clock.now())
    if (search) {
      partition.searchFor(search)
      return this.kick()
    }
    this.#wait(partition)
    const message = `${partition.name}: there are no records at offset ${partition.offset} any more`
    onError(new BrokerError('OFFSET_OUT_OF_RANGE', message), sameEra(partition))
  }

  /** The partition has another leader: whether it has what was read is asked, where that can be known. */
  checkLeader(partition: AssignedPartition, leaderEpoch: number): void {
    if (partition.isChecking) return
    if (partition.epoch < 0 || leaderEpoch < 0) {
      partition.checkedEpoch = leaderEpoch
      return
    }
    // What waits may be lost there as well, and so may what the former leader is just about to answer.
    partition.clear()
    partition.isChecking = true
    void this.#check(partition, leaderEpoch)
  }

  #searching(): AssignedPartition[] {
    return this.#options.assignment.all.filter(({ search }) => search !== null)
  }

  async #work(): Promise<void> {
    const { cluster } = this.#options
    // Whoever asked may ask for more in the same turn.
    await Promise.resolve()
    for (let searching = this.#searching(); searching.length > 0; searching = this.#searching()) {
      if (cluster.lifetime.isOver) return
      const patience = cluster.patience('the positions of partitions', { signal: cluster.lifetime.signal })
      const turns = searching.map(({ turn }) => turn)
      const of = (kind: Search['kind']) => searching.filter(({ search }) => search?.kind === kind)
      // What is wrong with one does not keep the others.
      const outcomes = await Promise.allSettled([
        this.#fromGroup(of('committed'), patience),
        this.#fromTimes(of('timestamp'), patience),
      ])
      if (cluster.lifetime.isOver) return
      this.#options.onFound()
      const troubles = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      if (troubles.length === 0) this.#failures = 0
      for (const thrown of troubles) {
        if (!(thrown instanceof ClientError)) throw thrown
        if (!thrown.retriable) this.#options.onError(thrown)
      }
      const isFurther = searching.some(({ turn }, i) => turn !== turns[i])
      if (troubles.length === 0 || isFurther) continue
      try {
        await patience.sleep(cluster.retries.pauseMs(this.#failures++))
      } catch {
        return // the client was closed
      }
    }
  }

  async #fromGroup(partitions: readonly AssignedPartition[], patience: Patience): Promise<void> {
    if (partitions.length === 0) return
    const { offsets, config, cluster } = this.#options
    const turns = partitions.map(({ turn }) => turn)
    const committed = offsets ? await offsets.committed(partitions, patience) : new Map<string, null>()
    const missing: AssignedPartition[] = []
    for (const [i, partition] of partitions.entries()) {
      if (partition.turn !== turns[i]) continue
      const found = committed.get(partition.name)
      const search = found ? null : searchOf(config.autoOffsetReset, cluster.platform.clock.now())
      if (found) {
        partition.moveTo(found.offset, found.leaderEpoch ?? undefined)
        partition.committedOffset = found.offset
      } else if (search) partition.searchFor(search)
      else missing.push(partition)
    }
    const [first] = missing
    if (!first) return
    const names = missing.map(({ name }) => name).join(', ')
    const message = `${names}: group ${config.groupId} has committed no offset, and autoOffsetReset is none`
    this.#options.onError(new BrokerError('OFFSET_OUT_OF_RANGE', message), sameEra(first))
    // It is asked for again after a pause, unless the program seeks.
    throw new BrokerError('OFFSET_OUT_OF_RANGE', message, { retriable: true })
  }

  async #fromTimes(partitions: readonly AssignedPartition[], patience: Patience): Promise<void> {
    if (partitions.length === 0) return
    const queries = partitions.map((each) => ({
      topic: each.topic,
      partition: each.partition,
      timestamp: each.search?.kind === 'timestamp' ? each.search.timestamp : LATEST,
    }))
    const turns = new Map(partitions.map((each) => [each.name, each.turn]))
    const { cluster, lookup } = this.#options
    const unknown = queries.find(({ topic }) => !cluster.peekTopic(topic))
    if (unknown) await cluster.refresh(patience)
    const { found: offsets, trouble, refused } = await lookup.timesOnce(queries, patience)
    for (const { topic, partition, offset, leaderEpoch } of offsets) {
      const found = this.#options.assignment.find({ topic, partition })
      if (!found || found.turn !== turns.get(found.name)) continue
      // Nothing is so young: the next record will be.
      if (offset < 0) found.searchFor({ kind: 'timestamp', timestamp: LATEST })
      else found.moveTo(offset, leaderEpoch)
    }
    if (refused ?? trouble) throw refused ?? trouble
  }

  async #check(partition: AssignedPartition, currentLeaderEpoch: number): Promise<void> {
    const { cluster, lookup, onFound, onError } = this.#options
    const { topic, partition: number, epoch: leaderEpoch, turn } = partition
    const query = { topic, partition: number, currentLeaderEpoch, leaderEpoch }
    const patience = cluster.patience(`whether ${partition.name} is whole`, { signal: cluster.lifetime.signal })
    try {
      const end = await lookup.epochEnd(query, patience)
      if (partition.turn !== turn) return
      partition.checkedEpoch = currentLeaderEpoch
      const isUnknown = end.leaderEpoch < 0 || end.endOffset < 0
      if (isUnknown || end.endOffset < partition.offset) this.#truncated(partition, isUnknown ? null : end)
    } catch (thrown) {
      if (cluster.lifetime.isOver || partition.isGone) return
      if (thrown instanceof UnsupportedError) partition.checkedEpoch = currentLeaderEpoch
      else if (thrown instanceof ClientError) {
        cluster.heed(thrown)
        this.#wait(partition)
        if (!thrown.retriable) onError(thrown)
      } else throw thrown
    } finally {
      partition.isChecking = false
      onFound()
    }
  }

  /** What was read is not there any more, from `endOffset` on or from nobody knows where. */
  #truncated(partition: AssignedPartition, end: { readonly endOffset: number; readonly leaderEpoch: number } | null): void {
    const { config, cluster, onError } = this.#options
    const search = searchOf(config.autoOffsetReset, cluster.platform.clock.now())
    if (search && end) return partition.moveTo(end.endOffset, end.leaderEpoch)
    if (search) {
      partition.searchFor(search)
      return this.kick()
    }
    const where = end ? `from offset ${end.endOffset} on` : 'from an offset that its leader does not know'
    // Where the program does not seek, it is told again.
    partition.checkedEpoch = -1
    this.#wait(partition)
    const message = `${partition.name}: records before offset ${partition.offset} were lost with a former leader, ${where}`
    onError(new BrokerError('LOG_TRUNCATED', message), sameEra(partition))
  }

  #wait(partition: AssignedPartition): void {
    const { platform, retries } = this.#options.cluster
    partition.notBefore = platform.clock.monotonic() + retries.pauseMs(partition.failures++)
  }
}

/** As long as the program does not go elsewhere. */
function sameEra(partition: AssignedPartition): Trouble {
  const { era } = partition
  return { holds: () => partition.era === era && !partition.isGone }
}
