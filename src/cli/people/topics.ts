// `odradek topics`: what topics there are, and what each is like.

import type { Command } from 'commander'
import type { Admin } from '../../client/admin/admin.ts'
import { resourceKey } from '../../client/admin/configs.ts'
import { partitionKey } from '../../client/admin/outcomes.ts'
import type { TopicDescription } from '../../client/admin/topic-descriptions.ts'
import { examples } from '../usage.ts'
import { endsOf } from './ends.ts'
import { withAdmin } from './entrance.ts'
import {
  type CommonFlags,
  countFrom,
  gathered,
  listOf,
  type People,
  pairsOf,
  requireTopics,
  withCommonFlags,
} from './surroundings.ts'
import { tableLines } from './table.ts'

interface CreateFlags extends CommonFlags {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly config?: readonly string[]
}

export function addTopics(odradek: Command, people: People): void {
  const topics = odradek
    .command('topics')
    .summary('list, create, describe and delete topics')
    .description('What topics there are; created, described and deleted.')
    .addHelpText(
      'after',
      examples(
        'odradek topics',
        'odradek topics list --internal --json',
        'odradek topics create orders --partitions 3 --config retention.ms=86400000',
        'odradek topics describe orders',
        'odradek topics delete orders',
      ),
    )
  withCommonFlags(listOf(topics))
    .description('List topics with their partitions, replicas and records (the default).')
    .option('--internal', "the cluster's own topics, too")
    .addHelpText('after', examples('odradek topics', 'odradek topics list --json -b kafka.example.com:9092'))
    .action((flags: CommonFlags & { internal?: boolean }) => withAdmin(flags, people, (admin) => list(admin, flags, people)))
  withCommonFlags(topics.command('create'))
    .description('Create topics.')
    .argument('<topics...>', 'their names')
    .option('-p, --partitions <count>', "how many partitions (else the cluster's num.partitions)", countFrom(1, '--partitions'))
    .option('-r, --replication-factor <count>', 'how many replicas of each', countFrom(1, '--replication-factor'))
    .option('-c, --config <name=value>', 'a configuration of the topic; may be repeated', gathered)
    .addHelpText(
      'after',
      examples('odradek topics create orders', 'odradek topics create orders payments -p 6 -r 3 -c cleanup.policy=compact'),
    )
    .action((names: readonly string[], flags: CreateFlags) =>
      withAdmin(flags, people, (admin) => create(admin, names, flags, people)),
    )
  withCommonFlags(topics.command('describe'))
    .description('Show leader, replicas and offsets of each partition, and configurations that were set.')
    .argument('<topics...>', 'their names')
    .addHelpText('after', examples('odradek topics describe orders', 'odradek topics describe orders --json'))
    .action((names: readonly string[], flags: CommonFlags) =>
      withAdmin(flags, people, (admin) => describe(admin, names, flags, people)),
    )
  withCommonFlags(topics.command('delete'))
    .description('Delete topics with all their records, without asking again.')
    .argument('<topics...>', 'their names')
    .addHelpText('after', examples('odradek topics delete orders payments'))
    .action((names: readonly string[], flags: CommonFlags) =>
      withAdmin(flags, people, async (admin) => {
        await requireTopics(admin, names)
        ;(await admin.deleteTopics(names)).all()
        report('deleted', names, flags, people)
      }),
    )
}

async function list(
  admin: Admin,
  { json, internal = false }: CommonFlags & { internal?: boolean },
  people: People,
): Promise<void> {
  const names = (await admin.listTopics()).filter((topic) => internal || !topic.isInternal).map(({ name }) => name)
  const described = [...(await admin.describeTopics(names.sort())).values.values()]
  const counts = await recordsOf(admin, described)
  const rows = described.map(({ name, partitions, isInternal }) => ({
    name,
    partitions: partitions.length,
    replicas: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
    records: counts.get(name) ?? null,
    outOfSync: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
    isInternal,
  }))
  if (json) return people.terminal.print(JSON.stringify(rows))
  if (rows.length === 0) return people.terminal.print('there are no topics yet; odradek topics create NAME makes one')
  const cells = rows.map(({ name, partitions, replicas, records, outOfSync }) => [
    name,
    partitions,
    replicas,
    records,
    outOfSync === 0
      ? ({ text: 'in sync', color: 'green' } as const)
      : ({ text: `${outOfSync} not in sync`, color: 'red' } as const),
  ])
  for (const line of tableLines(['TOPIC', 'PARTITIONS', 'REPLICAS', 'RECORDS', 'STATE'], cells, people.desk))
    people.terminal.print(line)
}

/** How many there are between the ends; markers of transactions and what compaction took count as records. Null where a partition has no leader. */
async function recordsOf(admin: Admin, topics: readonly TopicDescription[]): Promise<Map<string, number | null>> {
  const ends = await endsOf(admin, topics)
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      partitions.reduce<number | null>((sum, { partition }) => {
        const found = ends.get(partitionKey(name, partition))
        return sum === null || !found ? null : sum + found.end - found.begin
      }, 0),
    ]),
  )
}

async function create(admin: Admin, names: readonly string[], flags: CreateFlags, people: People): Promise<void> {
  const { partitions, replicationFactor, config = [] } = flags
  const configs = Object.fromEntries(pairsOf('--config', config))
  const created = (await admin.createTopics(names.map((name) => ({ name, partitions, replicationFactor, configs })))).all()
  if (flags.json) return people.terminal.print(JSON.stringify([...created].map(([name, topic]) => ({ name, ...topic }))))
  for (const [name, topic] of created) {
    const replicas = topic.replicationFactor === 1 ? '1 replica' : `${topic.replicationFactor} replicas`
    people.terminal.print(
      `created ${name}: ${topic.partitions === 1 ? '1 partition' : `${topic.partitions} partitions`}, ${replicas}`,
    )
  }
}

async function describe(admin: Admin, names: readonly string[], { json }: CommonFlags, people: People): Promise<void> {
  await requireTopics(admin, names)
  const [found, configs] = await Promise.all([
    admin.describeTopics(names),
    admin.describeConfigs(names.map((name) => ({ type: 'topic' as const, name }))),
  ])
  const topics = [...found.all().values()]
  const ends = await endsOf(admin, topics)
  const own = (name: string) =>
    (configs.get(resourceKey({ type: 'topic', name })) ?? [])
      .filter(({ source }) => source === 'DYNAMIC_TOPIC_CONFIG')
      .map((entry) => [entry.name, entry.value] as const)
  const whole = topics.map(({ name, id, isInternal, partitions }) => ({
    name,
    id,
    isInternal,
    configs: Object.fromEntries(own(name)),
    partitions: partitions.map((each) => ({
      ...each,
      ...(ends.get(partitionKey(name, each.partition)) ?? { begin: null, end: null }),
    })),
  }))
  if (json) return people.terminal.print(JSON.stringify(whole))
  for (const { name, configs: set, partitions } of whole) {
    const texts = Object.entries(set).map(([key, value]) => `${key}=${value}`)
    people.terminal.print(texts.length === 0 ? name : `${name}  ${texts.join(' ')}`)
    const rows = partitions.map(({ partition, leader, replicas, isr, begin, end }) => [
      partition,
      leader === null ? ({ text: 'none', color: 'red' } as const) : leader,
      replicas.join(','),
      isr.length < replicas.length ? ({ text: isr.join(','), color: 'red' } as const) : isr.join(','),
      begin,
      end,
    ])
    for (const line of tableLines(['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', 'BEGIN', 'END'], rows, people.desk, '  '))
      people.terminal.print(line)
  }
}

function report(what: string, names: readonly string[], { json }: CommonFlags, { terminal }: People): void {
  if (json) terminal.print(JSON.stringify({ [what]: names }))
  else for (const name of names) terminal.print(`${what} ${name}`)
}
