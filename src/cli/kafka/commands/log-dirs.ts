// kafka-log-dirs: which replicas lie in which directory of which broker, as JSON.

import type { LogDir } from '../../../client/admin/log-dirs.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import { withAdmin } from '../client.ts'
import { command } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaClass } from '../java.ts'
import { demand } from '../options/checks.ts'
import { common, flag, text } from '../options/table.ts'

const options = {
  ...common,
  'bootstrap-server': text('The server(s) to use for bootstrapping', 'Required: brokers as host:port, separated by commas.'),
  'command-config': text('Admin client property file', 'A file of properties for the client.'),
  describe: flag('Required: show the directories.'),
  'topic-list': text('Topic list', 'Only these topics, with commas.', { initial: '' }),
  'broker-list': text('Broker list', 'Only these brokers, by id, with commas.', { initial: '' }),
}

export const logDirs = command({
  options,
  examples: ['kafka-log-dirs --bootstrap-server localhost:9092 --describe --topic-list orders'],
  about: 'This tool helps to query log directory usage on the specified brokers.',
  check: (found) => demand(found, 'bootstrap-server', 'describe'),
  run: (found, around) =>
    withAdmin(
      { bootstrapServers: found.text('bootstrap-server')!, config: found.text('command-config') },
      around,
      async (admin) => {
        const topics = new Set(listed(found.text('topic-list')!))
        const present = (await admin.describeCluster()).nodes.map(({ id }) => id).sort((a, b) => a - b)
        const wanted = [...new Set(listed(found.text('broker-list')!).map(idOf))].sort((a, b) => a - b)
        const absent = wanted.filter((id) => !present.includes(id))
        if (absent.length > 0) {
          throw new Failure(
            `ERROR: The given brokers do not exist from --broker-list: ${absent.join(',')}. Current existent brokers: ${present.join(',')}`,
          )
        }
        const asked = wanted.length > 0 ? wanted : present
        around.print('Querying brokers for log directories information')
        const described = (await admin.describeLogDirs(asked)).all()
        around.print(`Received log directory information from brokers ${asked.join(',')}`)
        const brokers = asked.map((broker) => ({
          broker,
          logDirs: described.get(String(broker))!.map((dir) => printable(dir, topics)),
        }))
        around.print(JSON.stringify({ brokers, version: 1 }))
        return 0
      },
    ),
})

const listed = (words: string) => words.split(',').filter((word) => word !== '')

function idOf(word: string): number {
  if (/^[+-]?\d{1,9}$/.test(word)) return Number(word)
  throw new Failure(`For input string: "${word}"`)
}

/** The names, and their order, are those that people's scripts know. */
function printable({ path, error, replicas }: LogDir, topics: ReadonlySet<string>) {
  return {
    partitions: replicas
      .filter(({ topic }) => topics.size === 0 || topics.has(topic))
      .map(({ topic, partition, sizeInBytes, offsetLag, isFuture }) => ({
        partition: partitionKey(topic, partition),
        size: sizeInBytes,
        offsetLag,
        isFuture,
      })),
    error: error === null ? null : javaClass(error),
    logDir: path,
  }
}
