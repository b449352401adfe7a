// kafka-topics: topics created, listed, described, given more partitions and deleted.

import type { Admin } from '../../../client/admin/admin.ts'
import type { NewPartitions, TopicListing } from '../../../client/admin/topics.ts'
import { ClientError } from '../../../client/errors/index.ts'
import { withAdmin } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaMessage } from '../java.ts'
import { count, demand, forbid } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { bootstrapServer, commandConfig, common, flag, integer, text } from '../options/table.ts'
import { parseUuid } from '../uuid.ts'
import { patternOf } from './topic-pattern.ts'
import { parseTopicConfigs } from './topics-configs.ts'
import { describeTopics, reports } from './topics-describe.ts'

const options = {
  ...common,
  'bootstrap-server': bootstrapServer,
  'command-config': commandConfig,
  list: flag('List topics.'),
  create: flag('Create a topic.'),
  delete: flag('Delete topics.'),
  alter: flag('Give topics more partitions. (Configurations are changed by kafka-configs.)'),
  describe: flag('Show topics with leaders and replicas of their partitions.'),
  topic: text('topic', 'The topic; with all but --create a regular expression that matches whole names, or several with commas.'),
  'topic-id': text('topic-id', 'The id of the topic to describe.'),
  config: text(
    'name=value',
    'With --create: a configuration of the topic; may be repeated. docs/reference/configs.md has them all.',
  ),
  'delete-config': text('name', 'Without effect since Kafka 4.0.'),
  partitions: integer('# of partitions', 'How many partitions there are to be. Keys may go to others than before when it grows.'),
  'replication-factor': integer('replication factor', 'With --create: how many replicas each partition has.'),
  'replica-assignment': text(
    'broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...',
    'The brokers of each partition, the first of which should lead.',
  ),
  'under-replicated-partitions': flag('Describe only partitions with replicas that are not in sync.'),
  'unavailable-partitions': flag('Describe only partitions without a live leader.'),
  'under-min-isr-partitions': flag('Describe only partitions with fewer replicas in sync than min.insync.replicas.'),
  'at-min-isr-partitions': flag('Describe only partitions with exactly min.insync.replicas in sync.'),
  'topics-with-overrides': flag('Describe only topics with configurations of their own.'),
  'if-exists': flag('It is no mistake where the topic is not there.'),
  'if-not-exists': flag('It is no mistake where the topic is there already.'),
  'exclude-internal': flag("Leave out the cluster's own topics."),
  'partition-size-limit-per-response': integer(
    'maximum number of partitions per response',
    'Partitions in one answer of a broker.',
  ),
}

export type TopicOptions = Found<typeof options>
type Name = keyof typeof options

const actions = ['list', 'describe', 'create', 'alter', 'delete'] as const
/** In this order the second of two actions is named. */
const asTold: readonly Name[] = ['alter', 'create', 'describe', 'list', 'delete']
const allBut = (...names: Name[]) => asTold.filter((name) => !names.includes(name))

export const topics = command({
  options,
  examples: [
    'kafka-topics --bootstrap-server localhost:9092 --create --topic orders --partitions 3 --config retention.ms=86400000',
    'kafka-topics --bootstrap-server localhost:9092 --list',
    'kafka-topics --bootstrap-server localhost:9092 --describe --topic orders',
    'kafka-topics --bootstrap-server localhost:9092 --alter --topic orders --partitions 6',
  ],
  about: 'This tool helps to create, delete, describe, or change a topic.',
  aboutNothing: 'Create, delete, describe, or change a topic.',
  check,
  run: (found, around) =>
    withAdmin({ bootstrapServers: found.text('bootstrap-server')!, config: found.text('command-config') }, around, (admin) =>
      carryOut(found, admin, around),
    ),
})

function check(found: TopicOptions, around: Surroundings): void {
  if (count(found, actions) !== 1) {
    throw new UsageFailure('Command must include exactly one action: --list, --describe, --create, --alter or --delete')
  }
  if (found.has('delete-config')) around.complain('--delete-config has no effect since Kafka 4.0; kafka-configs changes topics.')
  if (!found.has('bootstrap-server')) throw new Failure('--bootstrap-server must be specified')
  if (found.has('describe') && found.has('if-exists')) {
    if (!found.has('topic') && !found.has('topic-id'))
      throw new UsageFailure('--topic or --topic-id is required to describe a topic')
    if (found.has('topic') && found.has('topic-id')) {
      around.print('Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID')
    }
  }
  if (!found.has('list') && !found.has('describe')) demand(found, 'topic')
  if (found.has('alter')) {
    if (found.has('config')) {
      throw new UsageFailure(
        'Option combination "[[config], [bootstrap-server]]" can\'t be used with option "[alter]" (To alter topic configurations, the kafka-configs tool can be used.)',
      )
    }
    demand(found, 'partitions')
  }
  checkPairs(found)
}

function checkPairs(found: TopicOptions): void {
  forbid(found, 'config', allBut('alter', 'create'))
  forbid(found, 'partitions', allBut('alter', 'create'))
  forbid(found, 'replication-factor', allBut('create'))
  forbid(found, 'replica-assignment', allBut('alter', 'create'))
  if (found.has('create')) forbid(found, 'replica-assignment', ['partitions', 'replication-factor'])
  for (const report of reports) forbid(found, report, [...allBut('describe'), 'topics-with-overrides'])
  forbid(found, 'topics-with-overrides', [...allBut('describe'), ...reports])
  forbid(found, 'if-exists', allBut('alter', 'delete', 'describe'))
  forbid(found, 'if-not-exists', allBut('create'))
  forbid(found, 'exclude-internal', allBut('list', 'describe'))
}

async function carryOut(found: TopicOptions, admin: Admin, around: Surroundings): Promise<number> {
  try {
    if (found.has('create')) await create(found, admin, around)
    else if (found.has('alter')) await alter(found, admin)
    else if (found.has('list')) around.print((await matching(found, admin)).map(({ name }) => name).join('\n'))
    else if (found.has('describe')) await describe(found, admin, around)
    else await remove(found, admin)
    return 0
  } catch (thrown) {
    around.print(`Error while executing topic command : ${javaMessage(thrown as Error)}`)
    return 1
  }
}

async function create(found: TopicOptions, admin: Admin, around: Surroundings): Promise<void> {
  const name = found.text('topic')!
  const partitions = found.number('partitions')
  const replicationFactor = found.number('replication-factor')
  const assignments = assignmentOf(found)
  const configs = parseTopicConfigs(found.texts('config'))
  if (/[._]/.test(name)) {
    around.print(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.",
    )
  }
  if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > 32_767)) {
    throw new Failure('The replication factor must be between 1 and 32767 inclusive')
  }
  if (partitions !== undefined && partitions < 1) throw new Failure('The partitions must be greater than 0')
  if (name === '') throw new Failure("The given topic name '' cannot be represented in a request.")
  try {
    ;(await admin.createTopics([{ name, partitions, replicationFactor, assignments, configs }])).all()
    around.print(`Created topic ${name}.`)
  } catch (thrown) {
    const isThere = thrown instanceof ClientError && thrown.code === 'TOPIC_ALREADY_EXISTS'
    if (!isThere || !found.has('if-not-exists')) throw thrown
  }
}

/** 1:2,3:1 gives the brokers of two partitions. */
function assignmentOf(found: TopicOptions): number[][] | undefined {
  const typed = found.text('replica-assignment')
  if (!typed) return undefined
  const partitions = typed.replace(/,+$/, '').split(',')
  const assignment: number[][] = []
  for (const [at, partition] of partitions.entries()) {
    const brokers = partition
      .replace(/:+$/, '')
      .split(':')
      .map((word) => wholeNumber(word.trim()))
    const twice = [...new Set(brokers.filter((broker, index) => brokers.indexOf(broker) !== index))]
    if (twice.length > 0) throw new Failure(`Partition replica lists may not contain duplicate entries: ${twice.join(',')}`)
    assignment.push(brokers)
    if (brokers.length !== assignment[0]!.length) {
      throw new Failure(`Partition ${at} has different replication factor: [${brokers.join(', ')}]`)
    }
  }
  return assignment
}

function wholeNumber(word: string): number {
  if (!/^[+-]?\d{1,10}$/.test(word) || Math.abs(Number(word)) > 2_147_483_647) throw new Failure(`For input string: "${word}"`)
  return Number(word)
}

async function alter(found: TopicOptions, admin: Admin): Promise<void> {
  const count = found.number('partitions')!
  const assignment = assignmentOf(found)
  const names = (await matching(found, admin)).map(({ name }) => name)
  expectSome(found, names)
  const described = assignment ? (await admin.describeTopics(names)).all() : null
  const changes: Record<string, NewPartitions> = {}
  for (const name of names) {
    changes[name] = { count, assignments: assignment?.slice(described!.get(name)!.partitions.length) }
  }
  if (names.length > 0) (await admin.createPartitions(changes)).all()
}

async function remove(found: TopicOptions, admin: Admin): Promise<void> {
  const names = (await matching(found, admin)).map(({ name }) => name)
  expectSome(found, names)
  if (names.length > 0) (await admin.deleteTopics(names)).all()
}

async function describe(found: TopicOptions, admin: Admin, around: Surroundings): Promise<void> {
  const typed = found.text('topic-id')
  const id = typed === undefined ? undefined : parseUuid(typed)
  if (id === undefined || /^A+$/.test(id)) {
    const names = (await matching(found, admin)).map(({ name }) => name)
    expectSome(found, names)
    return describeTopics(found, names, admin, around)
  }
  const listed = (await admin.listTopics()).filter(
    (topic) => topic.id === id && (!topic.isInternal || !found.has('exclude-internal')),
  )
  if (listed.length === 0 && !found.has('if-exists')) throw new Failure(`TopicId '${id}' does not exist as expected`)
  await describeTopics(
    found,
    listed.map(({ name }) => name),
    admin,
    around,
  )
}

/** Topics that --topic and --exclude-internal leave, by name. */
async function matching(found: TopicOptions, admin: Admin): Promise<readonly TopicListing[]> {
  const typed = found.text('topic')
  const matches = typed === undefined ? () => true : patternOf(typed)
  const excludesInternal = found.has('exclude-internal')
  return (await admin.listTopics())
    .filter(({ name, isInternal }) => matches(name) && !(excludesInternal && isInternal))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function expectSome(found: TopicOptions, names: readonly string[]): void {
  const topic = found.text('topic')
  if (names.length === 0 && topic && !found.has('if-exists')) throw new Failure(`Topic '${topic}' does not exist as expected`)
}
