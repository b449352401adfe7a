// One damaged file in the directory of a whole broker, and a start on it: clients get the same answers, or the broker says why it does not start.

import { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Disk } from '../../src/platform/disk.ts'
import type { Logger } from '../../src/platform/logger.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import { nodePlatform } from '../../src/platform/node/platform.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/protocol/messages/describe-configs.ts'
import { committedOffsets, findCoordinator, GroupMember } from '../support/group-member.ts'
import { EARLIEST, KafkaClient, LATEST, RESOURCE } from '../support/kafka-client.ts'
import { seededRandom } from '../support/log-world.ts'
import { type Answers, differences } from './answers.ts'
import { damaged } from './damage.ts'
import { diskOf, type Image, imageOf } from './image.ts'
import { brief, isRefusal, isTold, keptLines, kindOf, type Verdict, withinTime } from './judge.ts'
import { couldBeWhole } from './plausible.ts'

const DIR = '/data'
const PARTITIONS = { orders: 2, table: 1 } as const
const CONFIG = {
  'log.dirs': DIR,
  'offsets.topic.num.partitions': '2',
  // Many snapshots, and a log whose beginning only they know.
  'metadata.log.max.record.bytes.between.snapshots': '2000',
  'metadata.max.retention.bytes': '10240',
}

interface Case {
  readonly files: Image
  readonly wasClean: boolean
  readonly expected: Answers
  /** By kind, so that the many files of one kind do not hide the few of another. */
  readonly targets: ReadonlyMap<string, readonly string[]>
}

export class BrokerFiles {
  readonly #cases: readonly Case[]

  private constructor(cases: readonly Case[]) {
    this.#cases = cases
  }

  static async make(): Promise<BrokerFiles> {
    const { clean, killed } = await images()
    const cases: Case[] = []
    for (const [files, wasClean] of [
      [clean, true],
      [killed, false],
    ] as const)
      cases.push({ files, wasClean, expected: await answersOn(files, silentLogger), targets: targetsIn(files) })
    return new BrokerFiles(cases)
  }

  async run(number: number): Promise<Verdict> {
    const random = seededRandom(number)
    const pick = <T>(items: readonly T[]) => items[Math.floor(random.next() * items.length)]!
    const { files, wasClean, expected, targets } = pick(this.#cases)
    const path = pick(pick([...targets.values()]))
    const { how, bytes } = damaged(files.get(path)!, random)
    const what = `broker: ${kindOf(path)} after a ${wasClean ? 'clean stop' : 'kill'}: ${how}`
    const lines: string[] = []
    try {
      const found = await withinTime(answersOn(new Map(files).set(path, bytes), keptLines(lines)))
      const different = differences(expected, found)
      if (different.length === 0) return { kind: 'rebuilt', what, detail: '' }
      const [first] = different
      const detail = `${path}: ${different.join(', ')}; first ${brief(expected[first!])}, now ${brief(found[first!])}\n${lines.join('\n')}`
      if (couldBeWhole(path, bytes)) return { kind: 'untellable', what, detail }
      return { kind: isTold(path, different, lines) ? 'told' : 'wrong', what, detail }
    } catch (thrown) {
      const detail = `${path}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`
      return { kind: isRefusal(thrown, path) ? 'refused' : 'wrong', what, detail }
    }
  }
}

function targetsIn(files: Image): Map<string, string[]> {
  const targets = new Map<string, string[]>()
  for (const path of [...files.keys()].sort()) {
    const kind = `${kindOf(path)}${path.includes('__cluster_metadata') ? ' of the metadata' : ''}`
    if (/\.(log|lock)/.test(kind)) continue
    targets.set(kind, [...(targets.get(kind) ?? []), path])
  }
  return targets
}

async function startOn(disk: Disk, logger: Logger): Promise<Broker> {
  const overrides = new Map([['listeners', 'PLAINTEXT://127.0.0.1:0'], ...Object.entries(CONFIG)])
  return Broker.start(loadConfig({ profile: 'library', overrides }), { ...nodePlatform({ logger }), disk })
}

/** A broker's directory after some life: once stopped, once killed a little later. */
async function images(): Promise<{ clean: Image; killed: Image }> {
  const disk = memoryDisk(64 << 20)
  const first = await startOn(disk, silentLogger)
  await live(first, 0)
  await first.close()
  const clean = await imageOf(disk, DIR)
  const second = await startOn(disk, silentLogger)
  await live(second, 1)
  const killed = await imageOf(disk, DIR)
  await second.close()
  return { clean, killed }
}

async function live(broker: Broker, life: number): Promise<void> {
  const client = await KafkaClient.connect(broker.bootstrapServers)
  if (life === 0) {
    await client.createTopic('orders', { partitions: PARTITIONS.orders, configs: { 'retention.ms': '-1' } })
    await client.createTopic('table', { configs: { 'cleanup.policy': 'compact' } })
  }
  for (let i = 0; i < 40; i++) {
    await client.produce('orders', [`${life} ${i}`], { partition: i % 2 })
    await client.produce('table', [{ key: `k${i % 5}`, value: `${life} ${i}` }])
    // Changes of the metadata, so that snapshots are written.
    await client.alterConfigs('topic', 'orders', { 'max.message.bytes': String(100_000 + life * 1000 + i) })
  }
  await findCoordinator(client, 'readers')
  await new GroupMember(client, 'readers').commit('orders', 7 + life)
  client.close()
}

/** What clients of a broker on these files are told. Closed cleanly afterwards. */
async function answersOn(files: Image, logger: Logger): Promise<Answers> {
  const disk = await diskOf(files)
  const broker = await startOn(disk, logger)
  try {
    const client = await KafkaClient.connect(broker.bootstrapServers)
    const found: Record<string, unknown> = { clusterId: broker.clusterId }
    for (const [topic, partitions] of Object.entries(PARTITIONS)) {
      for (let partition = 0; partition < partitions; partition++) {
        const name = `${topic}-${partition}`
        found[`start offset of ${name}`] = await client.offset(topic, EARLIEST, partition)
        found[`end offset of ${name}`] = await client.offset(topic, LATEST, partition)
        found[`records of ${name}`] = await client.readAll(topic, { partition })
        found[`next offset of ${name}`] = await client.produce(topic, [{ key: 'k', value: 'next' }], { partition })
      }
    }
    await findCoordinator(client, 'readers')
    found['committed offsets'] = await committedOffsets(client, 'readers')
    found['max.message.bytes'] = await maxMessageBytes(client)
    client.close()
    return found
  } finally {
    await broker.close()
  }
}

/** The last of the configurations that were set. */
async function maxMessageBytes(client: KafkaClient): Promise<unknown> {
  const resources = [{ resourceType: RESOURCE.topic, resourceName: 'orders', configurationKeys: ['max.message.bytes'] }]
  const body = { resources, includeSynonyms: false, includeDocumentation: false }
  const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 4, body)
  return results[0]!.configs[0]?.value
}
