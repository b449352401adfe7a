// kafka-leader-election: leaders elected for partitions.

import type { Admin } from '../../../client/admin/admin.ts'
import type { ElectionType } from '../../../client/admin/elections.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import { ClientError } from '../../../client/errors/index.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { withAdmin } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaText } from '../java.ts'
import { fieldOf, isObject, type Json, readJson } from '../json-file.ts'
import { count } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, integer, oneOf, text } from '../options/table.ts'

const options = {
  ...common,
  'bootstrap-server': text('host:port', 'Required: brokers as host:port, separated by commas.'),
  'command-config': text('config file', 'A file of properties for the client.'),
  'admin.config': text('config file', 'The older name of --command-config.'),
  'election-type': oneOf(
    'ElectionType',
    ['PREFERRED', 'UNCLEAN'],
    'election type',
    'Required: preferred, the first replica where it is in sync; or unclean, any that lives where none in sync does: that may lose records.',
  ),
  topic: text('topic name', 'The topic of one partition.'),
  partition: integer('partition id', 'Required with --topic.'),
  'all-topic-partitions': flag('All partitions that need one.'),
  'path-to-json-file': text('Path to JSON file', '{"partitions": [{"topic": "foo", "partition": 1}]}'),
}

type Election = Found<typeof options>

export const leaderElection = command({
  options,
  examples: [
    'kafka-leader-election --bootstrap-server localhost:9092 --election-type preferred --all-topic-partitions',
    'kafka-leader-election --bootstrap-server localhost:9092 --election-type unclean --topic orders --partition 0',
  ],
  about:
    'This tool attempts to elect a new leader for a set of topic partitions. The type of elections supported are preferred replicas and unclean replicas.',
  check,
  async run(found, around) {
    const type = found.text('election-type')!
    const config = found.text('command-config') ?? found.text('admin.config')
    const partitions = await partitionsOf(found, around)
    return withAdmin({ bootstrapServers: found.text('bootstrap-server')!, config }, around, (admin) =>
      elect(admin, type, partitions, around),
    )
  },
})

function check(found: Election): void {
  const missing = (['bootstrap-server', 'election-type'] as const).filter((name) => !found.has(name))
  if (missing.length > 0) throw new Failure(`Missing required option(s): ${missing.join(', ')}`)
  if (count(found, ['topic', 'all-topic-partitions', 'path-to-json-file']) !== 1) {
    throw new Failure('One and only one of the following options is required: topic, all-topic-partitions, path-to-json-file')
  }
  if (found.has('topic') && !found.has('partition')) throw new Failure('Missing required option(s): partition')
  if (!found.has('topic') && found.has('partition')) throw new Failure('Option partition is only allowed if topic is used')
}

async function partitionsOf(found: Election, around: Surroundings): Promise<readonly TopicPartition[] | undefined> {
  if (found.has('topic')) return [{ topic: found.text('topic')!, partition: found.number('partition')! }]
  const path = found.text('path-to-json-file')
  if (path === undefined) return undefined
  const json = await readJson(path, around, `java.io.IOException: Unable to read file ${path}`)
  if (json === undefined) throw new Failure('Replica election data is empty')
  const listed = isObject(json) ? json['partitions'] : undefined
  if (!Array.isArray(listed)) throw new Failure('Replica election data is missing "partitions" field')
  const partitions: readonly TopicPartition[] = listed.map((each: Json) => ({
    topic: fieldOf(each, 'topic', 'string'),
    partition: fieldOf(each, 'partition', 'number'),
  }))
  const keys = partitions.map(({ topic, partition }) => partitionKey(topic, partition))
  const twice = [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))]
  if (twice.length > 0) throw new Failure(`Replica election data contains duplicate partitions: [${twice.join(', ')}]`)
  return partitions
}

async function elect(
  admin: Admin,
  type: string,
  partitions: readonly TopicPartition[] | undefined,
  around: Surroundings,
): Promise<number> {
  const { values, errors } = await admin
    .electLeaders(type.toLowerCase() as ElectionType, { partitions, timeoutMs: 30_000 })
    .catch((thrown: unknown) => {
      const code = thrown instanceof ClientError ? thrown.code : null
      const message =
        code === 'TIMED_OUT' || code === 'REQUEST_TIMED_OUT'
          ? 'Timeout waiting for election results'
          : code === 'CLUSTER_AUTHORIZATION_FAILED'
            ? 'Not authorized to perform leader election'
            : null
      if (message === null) throw thrown
      around.print(message)
      throw new Failure(message)
    })
  const failed = [...errors].filter(([, { code }]) => code !== 'ELECTION_NOT_NEEDED')
  const noop = [...errors.keys()].filter((key) => errors.get(key)!.code === 'ELECTION_NOT_NEEDED')
  if (values.size > 0)
    around.print(`Successfully completed leader election (${type}) for partitions ${[...values.keys()].join(', ')}`)
  if (noop.length > 0) around.print(`Valid replica already elected for partitions ${noop.join(', ')}`)
  for (const [key, error] of failed) {
    around.print(`Error completing leader election (${type}) for partition: ${key}: ${javaText(error)}`)
  }
  if (failed.length > 0) throw new Failure(`${failed.length} replica(s) could not be elected`)
  return 0
}
