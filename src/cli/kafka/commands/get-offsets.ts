// kafka-get-offsets: an offset of each partition, by place or by time.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { OffsetSpec } from '../../../client/admin/records.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { withAdmin } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaText } from '../java.ts'
import { demand } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, text } from '../options/table.ts'
import { patternOf } from './topic-pattern.ts'

const options = {
  ...common,
  'bootstrap-server': text('HOST1:PORT1,...,HOST3:PORT3', 'Required: brokers of the cluster.'),
  'topic-partitions': text(
    'topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3',
    'Patterns of topics, each with a partition, a range of them (the end exclusive), or none for all of them.',
  ),
  topic: text('topic', 'A regular expression for names of topics; without it all topics.'),
  partitions: text('partition ids', 'Partitions, with commas; without it all of them.'),
  time: text(
    '<timestamp> / -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload',
    'A place in the partition, or milliseconds since 1970: then the first record of that time or later, and nothing where there is none.',
    { initial: 'latest' },
  ),
  'command-config': text('config file', 'A file of properties for the client.'),
  'exclude-internal-topics': flag("Leave out the cluster's own topics."),
}

type Offsets = Found<typeof options>
type Matches = (partition: TopicPartition) => boolean

const places: Readonly<Record<string, OffsetSpec>> = {
  latest: 'latest',
  '-1': 'latest',
  earliest: 'earliest',
  '-2': 'earliest',
  'max-timestamp': 'maxTimestamp',
  '-3': 'maxTimestamp',
  'earliest-local': 'earliestLocal',
  '-4': 'earliestLocal',
  'latest-tiered': 'latestTiered',
  '-5': 'latestTiered',
  'earliest-pending-upload': 'earliestPendingUpload',
  '-6': 'earliestPendingUpload',
}

export const getOffsets = command({
  options,
  examples: [
    'kafka-get-offsets --bootstrap-server localhost:9092 --topic orders',
    'kafka-get-offsets --bootstrap-server localhost:9092 --topic-partitions orders:0-2,payments --time earliest',
  ],
  about: 'An interactive shell for getting topic-partition offsets.',
  check(found) {
    demand(found, 'bootstrap-server')
    const wrong = found
      .text('bootstrap-server')!
      .split(',')
      .find((server) => !/^(.*?)\[?([0-9a-zA-Z\-%._:]*)\]?:([0-9]+)$/.test(server))
    if (wrong !== undefined) throw new UsageFailure('Please provide valid host:port like host1:9091,host2:9092\n ')
  },
  async run(found, around) {
    if (found.has('topic-partitions') && (found.has('topic') || found.has('partitions'))) {
      throw new Failure('--topic-partitions cannot be used with --topic or --partitions')
    }
    const at = specOf(found.text('time')!)
    const matches = matcherOf(found)
    const bootstrapServers = found.text('bootstrap-server')!
    return withAdmin({ bootstrapServers, config: found.text('command-config') }, around, (admin) =>
      print({ found, admin, at, matches, around }),
    )
  },
  explain(error, around) {
    around.complain(`Error occurred: ${error.message}`)
    return 1
  },
})

interface Asked {
  readonly found: Offsets
  readonly admin: Admin
  readonly at: OffsetSpec
  readonly matches: Matches
  readonly around: Surroundings
}

async function print({ found, admin, at, matches, around }: Asked): Promise<number> {
  const excludesInternal = found.has('exclude-internal-topics')
  const listed = (await admin.listTopics()).filter(({ isInternal }) => !(isInternal && excludesInternal))
  const names = listed.map(({ name }) => name).filter((topic) => matches({ topic, partition: -1 }))
  const described = (await admin.describeTopics(names)).all()
  const partitions = [...described.values()].flatMap(({ name, partitions: some }) =>
    some.map(({ partition }) => ({ topic: name, partition, at })).filter(matches),
  )
  if (partitions.length === 0) throw new Failure('Could not match any topic-partitions with the specified filters')
  const offsets = await admin.listOffsets(partitions)
  const ordered = partitions
    .map(({ topic, partition }) => ({ topic, partition, key: partitionKey(topic, partition) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const { topic, partition, key } of ordered) {
    const error = offsets.errors.get(key)
    if (error) around.complain(`Skip getting offsets for topic-partition ${key} due to error: ${javaText(error)}`)
    const found = offsets.values.get(key)
    if (found && found.offset >= 0) around.print(`${topic}:${partition}:${found.offset}`)
  }
  return 0
}

function specOf(typed: string): OffsetSpec {
  const place = places[typed]
  if (place !== undefined) return place
  if (!/^[+-]?\d{1,19}$/.test(typed)) {
    throw new Failure(
      `Malformed time argument ${typed}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp`,
    )
  }
  return Number(typed)
}

/** For a whole topic the partition is -1. */
function matcherOf(found: Offsets): Matches {
  const rules = found.text('topic-partitions')
  if (rules !== undefined) {
    const matchers = rules.replace(/,+$/, '').split(',').map(ruleOf)
    return (partition) => matchers.some((matches) => matches(partition))
  }
  const isTopic = patternOf(found.text('topic') ?? '.*')
  const typed = found.text('partitions') ?? ''
  const wanted = new Set(
    typed
      .replace(/,+$/, '')
      .split(',')
      .filter((word) => word !== '' || typed !== '')
      .map((word) => idOf(word, typed)),
  )
  return ({ topic, partition }) => isTopic(topic) && (partition < 0 || wanted.size === 0 || wanted.has(partition))
}

function idOf(word: string, typed: string): number {
  if (/^[+-]?\d{1,9}$/.test(word)) return Number(word)
  throw new Failure(`--partitions expects a comma separated list of numeric partition ids, but received: ${typed}`)
}

/** topic:1, topic:1-3, topic:1-, topic:-3, topic, :1 */
function ruleOf(rule: string): Matches {
  const parts = /^([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?$/.exec(rule)
  if (!parts) throw new Failure(`org.apache.kafka.tools.TerseException: Invalid rule specification: ${rule}`)
  const [, topic, only, from, to] = parts
  const isTopic = patternOf(topic || '.*')
  const [first, end] = only ? [Number(only), Number(only) + 1] : [Number(from || 0), Number(to || 2 ** 31 - 1)]
  return ({ topic: name, partition }) => isTopic(name) && (partition < 0 || (partition >= first && partition < end))
}
