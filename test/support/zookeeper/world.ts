// Nodes with a session and a log each, a pretended ensemble between them, and virtual time.

import type { Leadership } from '../../../src/machine/elected-log.ts'
import type { SimProcess } from '../../../src/platform/sim/process.ts'
import { type LogLine, World } from '../../../src/platform/sim/world.ts'
import { KafkaError } from '../../../src/protocol/errors.ts'
import { RecordBatch } from '../../../src/protocol/records/batch.ts'
import { buildBatch } from '../../../src/protocol/records/builder.ts'
import { ZooKeeper } from '../../../src/zookeeper/zookeeper.ts'
import { ZooKeeperLog } from '../../../src/zookeeper/zookeeper-log.ts'
import { PretendEnsemble } from './pretend-ensemble.ts'

export const SESSION_MS = 9000

export class ZooKeeperWorld {
  readonly world: World
  readonly ensemble: PretendEnsemble
  readonly lines: LogLine[] = []

  static async start(seed = 1, servers: readonly string[] = ['zk']): Promise<ZooKeeperWorld> {
    const world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents: 1_000_000 })
    return new ZooKeeperWorld(world, await PretendEnsemble.start(world, servers), servers)
  }

  readonly #servers: readonly string[]

  private constructor(world: World, ensemble: PretendEnsemble, servers: readonly string[]) {
    this.world = world
    this.ensemble = ensemble
    this.#servers = servers
    world.onLine = (line) => this.lines.push(line)
  }

  /** Virtual milliseconds pass, or fewer where `isDone` says so; tells whether it did. */
  async pass(ms: number, isDone?: () => boolean): Promise<boolean> {
    const wasDone = await this.world.events.run(this.world.events.now + ms, isDone)
    if (this.ensemble.bug) throw this.ensemble.bug
    return wasDone
  }

  /** What `promise` gives within a virtual minute. */
  async result<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isSettled = false
    promise.then(
      () => (isSettled = true),
      () => (isSettled = true),
    )
    if (!(await this.pass(withinMs, () => isSettled))) throw new Error(`not settled within ${withinMs} virtual ms`)
    return promise
  }

  open(process: SimProcess, chroot = '', connectionTimeoutMs = 20_000, stopped?: AbortSignal): Promise<ZooKeeper> {
    const { clock, random, network, logger } = process.platform
    const servers = this.#servers.map((host) => ({ host, port: 2181 }))
    const times = { sessionTimeoutMs: SESSION_MS, connectionTimeoutMs }
    return ZooKeeper.open({ clock, random, network, logger, servers, chroot, ...times }, stopped)
  }

  /** A node that takes part; resolves when it knows the log. `around` makes what follows the log from its start on. */
  async node(id: number, chroot?: string): Promise<Member>
  async node<T>(id: number, chroot: string, around: (member: Member) => T): Promise<T>
  async node<T>(id: number, chroot = '', around?: (member: Member) => T): Promise<T | Member> {
    const process = this.world.machine(`node${id}`).start()
    const zookeeper = await this.result(this.open(process, chroot))
    const { clock, random, logger } = process.platform
    const log = new ZooKeeperLog({ zookeeper, chroot, nodeId: id, clock, random, logger })
    const member = new Member(id, process, zookeeper, log)
    const made = around?.(member)
    await this.result(log.start())
    return made ?? member
  }

  /** The one that leads, once one of them does. */
  async leader(members: readonly Member[], withinMs = 60_000): Promise<Member> {
    let found: Member | undefined
    await this.pass(withinMs, () => (found = members.find(({ log }) => log.isLeader)) !== undefined)
    if (!found) throw new Error(`nobody leads within ${withinMs} virtual ms`)
    return found
  }
}

export class Member {
  readonly id: number
  readonly process: SimProcess
  readonly zookeeper: ZooKeeper
  readonly log: ZooKeeperLog
  /** Offset and text of each committed record that was told, in order. */
  readonly told: string[] = []
  readonly roles: Leadership[] = []
  readonly restored: number[] = []

  constructor(id: number, process: SimProcess, zookeeper: ZooKeeper, log: ZooKeeperLog) {
    this.id = id
    this.process = process
    this.zookeeper = zookeeper
    this.log = log
    log.onCommittedBatches((committed) => this.told.push(...committed.flatMap(textsOf)))
    log.onRole((role) => this.roles.push(role))
    log.onRestored(({ endOffset }) => this.restored.push(endOffset))
  }

  /** One record, appended now. */
  say(text: string): number {
    return this.log.append(batchOf(text)).baseOffset
  }

  /** All that its log says from its start on. */
  async history(): Promise<string[]> {
    const texts: string[] = []
    for (let next = this.log.startOffset; next < this.log.endOffset; ) {
      for (const bytes of await this.log.read(next, 1 << 20)) {
        for (const batch of batchesIn(bytes)) {
          if (batch.baseOffset >= next) texts.push(...textsOf(batch))
          next = Math.max(next, batch.nextOffset)
        }
      }
    }
    return texts
  }

  stop(): void {
    this.log.retire(new KafkaError('NOT_CONTROLLER', 'the test stops it'))
  }
}

export function batchOf(...texts: readonly string[]): Uint8Array {
  return buildBatch({ records: texts.map((text) => ({ key: null, value: Buffer.from(text), timestamp: 1 })) })
}

export function batchesIn(bytes: Uint8Array): RecordBatch[] {
  const found: RecordBatch[] = []
  for (let at = 0; at < bytes.length; at += found.at(-1)!.sizeInBytes) found.push(new RecordBatch(bytes, at))
  return found
}

export function textsOf(batch: RecordBatch): string[] {
  return [...batch.records()].map(({ offset, value }) => `${offset} ${Buffer.from(value!).toString()}`)
}
