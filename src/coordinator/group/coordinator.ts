// The group coordinator of one broker: a machine per led partition of __consumer_offsets, and the way from a group's id to its machine.

import { type Decision, decide, type ReplicatedLog } from '../../machine/machine.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { Slices } from '../../platform/slices.ts'
import { type ErrorName, KafkaError } from '../../protocol/errors.ts'
import type { Asker, JoinAnswer, SyncAnswer } from './answers.ts'
import { appendError } from './append-error.ts'
import { type CommitAnswer, type CommitRequest, commitOffsets, leastSizeOf } from './commands/commit-offsets.ts'
import { deleteGroup } from './commands/delete-group.ts'
import { type DeleteOffsetsAnswer, deleteOffsets, forgetTopics, type OffsetsToDelete } from './commands/delete-offsets.ts'
import { type DescribedGroup, describeGroup, type GroupFilter, type ListedGroup, listGroups } from './commands/describe.ts'
import { type FetchedOffset, type FetchedTopic, fetchOffsets, type OffsetsWanted } from './commands/fetch-offsets.ts'
import { type HeartbeatRequest, heartbeat } from './commands/heartbeat.ts'
import { type JoinRequest, join } from './commands/join.ts'
import { type LeaveAnswer, type LeaveRequest, leave } from './commands/leave.ts'
import { type SyncRequest, sync } from './commands/sync.ts'
import type { GroupMachine } from './group-machine.ts'
import { LedPartition } from './led-partition.ts'
import { partitionOf } from './partition-of.ts'
import { Joined, partsOf } from './parts.ts'
import type { GroupSettings } from './settings.ts'
import type { GroupRecord } from './stored.ts'

/** Of how many the offsets of deleted topics are looked for in one command. */
const GROUPS_AT_A_TIME = 100

/** The topic that groups and offsets live in. */
export const GROUPS_TOPIC = '__consumer_offsets'

export interface GroupCoordinatorOptions {
  readonly settings: GroupSettings
  readonly clock: Clock
  readonly logger: Logger
  /** A new random id for a member, unique for ever. */
  readonly newId: () => string
  /** How many partitions the groups' topic has, by the metadata; null while it does not exist. */
  readonly partitionCount: () => number | null
  /** Largest batch that the groups' topic takes. */
  readonly maxBatchBytes: () => number
}

/**
 * All methods reject with NOT_COORDINATOR where another broker leads the group's partition, and with COORDINATOR_LOAD_IN_PROGRESS while its
 * log is read. Answers come once all that they rest on is committed.
 */
export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #partitions = new Map<number, LedPartition>()
  readonly #slices: Slices
  #isStopped = false

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
    this.#slices = Slices.of(options.clock)
  }

  /** This broker leads the partition in a new leader epoch: its groups are read from the log. Told twice of one epoch, it does nothing. */
  onElected(partition: number, log: ReplicatedLog, leaderEpoch: number): void {
    if (this.#isStopped) return
    let led = this.#partitions.get(partition)
    if (led?.log !== log) {
      led?.resign(this.#notHere(partition))
      const { settings, clock, logger, maxBatchBytes } = this.#options
      const name = `group coordinator ${GROUPS_TOPIC}-${partition}`
      this.#partitions.set(partition, (led = new LedPartition({ name, log, settings, clock, logger, maxBatchBytes })))
    }
    led.lead(leaderEpoch)
  }

  /** Another broker leads the partition now, or nobody does: who waits is sent there. */
  onResigned(partition: number): void {
    this.#partitions.get(partition)?.resign(this.#notHere(partition))
  }

  /** The machines that are loaded, by partition, for who looks without waiting. */
  get machines(): ReadonlyMap<number, GroupMachine> {
    const loaded = new Map<number, GroupMachine>()
    for (const [partition, { runtime }] of this.#partitions) if (runtime.machine) loaded.set(partition, runtime.machine)
    return loaded
  }

  /** Resolves when no load is under way any more. */
  async whenLoaded(): Promise<void> {
    await Promise.all([...this.#partitions.values()].map(({ loaded }) => loaded))
  }

  /** Fails everyone who waits; nothing is served from here on. */
  stop(): void {
    this.#isStopped = true
    for (const led of this.#partitions.values()) led.resign(new KafkaError('COORDINATOR_NOT_AVAILABLE', 'the broker is stopping'))
  }

  /** The offsets of topics that were deleted are forgotten in all groups. */
  async onTopicsDeleted(topics: ReadonlySet<string>): Promise<void> {
    await Promise.all(
      [...this.#partitions].map(async ([partition, led]) => {
        await led.loaded
        if (!led.isLed) return
        await this.#forgetIn(led, topics).catch((thrown: unknown) => {
          const why = { error: thrown, topics: [...topics] }
          this.#options.logger.warn(
            `offsets of deleted topics stay in ${GROUPS_TOPIC}-${partition} until their retention ends`,
            why,
          )
        })
      }),
    )
  }

  /** Some groups at a time; one that is made meanwhile cannot commit for a topic that is gone. */
  async #forgetIn({ runtime }: LedPartition, topics: ReadonlySet<string>): Promise<void> {
    const ids = await runtime.read((machine) => [...machine.groups.keys()])
    for (let at = 0; at < ids.length; at += GROUPS_AT_A_TIME) {
      const some = ids.slice(at, at + GROUPS_AT_A_TIME)
      await this.#inSlice(() => runtime.write((machine) => forgetTopics(machine, topics, some)))
    }
  }

  join(request: JoinRequest, asker: Asker): Promise<JoinAnswer> {
    const newId = this.#options.newId()
    return this.#write(request.groupId, (machine, now) => join(machine, { request, asker, newId }, now))
  }

  sync(request: SyncRequest): Promise<SyncAnswer> {
    return this.#write(request.groupId, (machine, now) => sync(machine, request, now))
  }

  heartbeat(request: HeartbeatRequest): Promise<ErrorName> {
    return this.#write(request.groupId, (machine, now) => heartbeat(machine, request, now))
  }

  leave(request: LeaveRequest): Promise<LeaveAnswer> {
    return this.#write(request.groupId, (machine, now) => leave(machine, request, now))
  }

  /** More than a thousand partitions are several commits; together they may be as large as one may be. */
  async commitOffsets(request: CommitRequest, version: number): Promise<CommitAnswer> {
    const parts = partsOf(request.topics)
    if (parts.length <= 1) return this.#commit(request, version)
    const least = leastSizeOf(request)
    const most = this.#options.maxBatchBytes()
    if (least > most) throw new KafkaError('INVALID_COMMIT_OFFSET_SIZE', `at least ${least} bytes; the limit is ${most}`)
    const joined = new Joined<ErrorName>(request.topics.length)
    for (const part of parts) {
      const { error, topics } = await this.#inSlice(() => this.#commit({ ...request, topics: part.topics }, version))
      if (error !== 'NONE' && part === parts[0]) return { error, topics: [] }
      joined.add(part, error === 'NONE' ? topics : part.topics.map(({ partitions }) => partitions.map(() => error)))
    }
    return { error: 'NONE', topics: joined.topics }
  }

  #commit(request: CommitRequest, version: number): Promise<CommitAnswer> {
    const command = (machine: GroupMachine, now: number) => commitOffsets(machine, { request, version }, now)
    return this.#write(request.groupId, command, 'INVALID_COMMIT_OFFSET_SIZE')
  }

  /** What more than a thousand partitions have is looked up part by part. */
  async fetchOffsets(wanted: OffsetsWanted): Promise<readonly FetchedTopic[]> {
    const look = (topics: OffsetsWanted['topics']) =>
      this.#read(wanted.groupId, (machine) => fetchOffsets(machine, { ...wanted, topics }))
    const topics = wanted.topics ?? []
    const parts = partsOf(topics)
    if (parts.length <= 1) return look(wanted.topics)
    const joined = new Joined<FetchedOffset>(topics.length)
    for (const part of parts) {
      const found = await this.#inSlice(() => look(part.topics))
      joined.add(
        part,
        found.map(({ partitions }) => partitions),
      )
    }
    return topics.map(({ name }, i) => ({ name, partitions: joined.topics[i]! }))
  }

  async deleteOffsets(request: OffsetsToDelete): Promise<DeleteOffsetsAnswer> {
    const drop = (topics: OffsetsToDelete['topics']) =>
      this.#write(request.groupId, (machine) => deleteOffsets(machine, { ...request, topics }))
    const parts = partsOf(request.topics)
    if (parts.length <= 1) return drop(request.topics)
    const outcomes: ErrorName[] = []
    for (const part of parts) {
      const { error, topics } = await this.#inSlice(() => drop(part.topics))
      if (error !== 'NONE') return { error, topics: [] }
      for (const [i, place] of part.places.entries()) outcomes[place] = topics[i]!
    }
    return { error: 'NONE', topics: outcomes }
  }

  /** Of many parts, those that this turn has time for; the others in turns of their own. */
  async #inSlice<T>(ask: () => Promise<T>): Promise<T> {
    while (this.#slices.isOver) await this.#slices.turn()
    return ask()
  }

  deleteGroup(groupId: string): Promise<ErrorName> {
    return this.#write(groupId, (machine) => deleteGroup(machine, groupId))
  }

  /** Null where there is no such group. */
  describe(groupId: string): Promise<DescribedGroup | null> {
    return this.#read(groupId, (machine) => describeGroup(machine, groupId))
  }

  /** The groups of all partitions that this broker leads. */
  async list(filter: GroupFilter): Promise<readonly ListedGroup[]> {
    if (this.#isStopped) throw new KafkaError('COORDINATOR_NOT_AVAILABLE', 'the broker is stopping')
    const led = [...this.#partitions.values()].filter((partition) => partition.isLed)
    const found = await Promise.all(led.map(({ runtime }) => runtime.read((machine) => listGroups(machine, filter))))
    return found.flat()
  }

  #read<T>(groupId: string, look: (machine: GroupMachine) => T): Promise<T> {
    return this.#write(groupId, (machine) => decide(look(machine)))
  }

  /** Reads and writes take the very same way, so that answers leave in the order of their questions. */
  #write<T>(
    groupId: string,
    command: (machine: GroupMachine, now: number) => Decision<GroupRecord, T>,
    whenTooLarge?: ErrorName,
  ): Promise<T> {
    const runtime = this.#runtimeOf(groupId)
    if (runtime instanceof KafkaError) return Promise.reject(runtime)
    return runtime.write(command).catch((thrown: unknown) => {
      throw appendError(thrown, whenTooLarge)
    })
  }

  #runtimeOf(groupId: string): LedPartition['runtime'] | KafkaError {
    if (this.#isStopped) return new KafkaError('COORDINATOR_NOT_AVAILABLE', 'the broker is stopping')
    const count = this.#options.partitionCount()
    if (count === null) return new KafkaError('NOT_COORDINATOR', `${GROUPS_TOPIC} does not exist yet; FindCoordinator makes it`)
    const partition = partitionOf(groupId, count)
    return this.#partitions.get(partition)?.runtime ?? this.#notHere(partition)
  }

  #notHere(partition: number): KafkaError {
    return new KafkaError('NOT_COORDINATOR', `this broker does not lead ${GROUPS_TOPIC}-${partition}`)
  }
}
