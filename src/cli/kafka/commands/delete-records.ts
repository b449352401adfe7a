// kafka-delete-records: the oldest records of partitions deleted, up to an offset that a file names.

import { partitionKey } from '../../../client/admin/outcomes.ts'
import { withAdmin } from '../client.ts'
import { command } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaText } from '../java.ts'
import { fieldOf, isObject, type Json, readJson } from '../json-file.ts'
import { demand } from '../options/checks.ts'
import { common, text } from '../options/table.ts'

const options = {
  ...common,
  'bootstrap-server': text('server(s) to use for bootstrapping', 'Required: brokers as host:port, separated by commas.'),
  'offset-json-file': text(
    'Offset json file path',
    'Required: {"partitions": [{"topic": "foo", "partition": 1, "offset": 1}], "version": 1}. Offset 1 is the first that stays; -1 deletes all there are.',
  ),
  'command-config': text('command config property file path', 'A file of properties for the client.'),
}

interface Wanted {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export const deleteRecords = command({
  options,
  examples: ['kafka-delete-records --bootstrap-server localhost:9092 --offset-json-file delete.json'],
  about: 'This tool helps to delete records of the given partitions down to the specified offset.',
  check: (found) => demand(found, 'bootstrap-server', 'offset-json-file'),
  run: (found, around) =>
    withAdmin(
      { bootstrapServers: found.text('bootstrap-server')!, config: found.text('command-config') },
      around,
      async (admin) => {
        const wanted = wantedIn(await readJson(found.text('offset-json-file')!, around))
        around.print('Executing records delete operation')
        const outcomes = await admin.deleteRecords(wanted)
        around.print('Records delete operation completed:')
        for (const { topic, partition } of wanted) {
          const key = partitionKey(topic, partition)
          const error = outcomes.errors.get(key)
          around.print(`partition: ${key}\t${error ? `error: ${javaText(error)}` : `low_watermark: ${outcomes.values.get(key)}`}`)
        }
        return 0
      },
    ),
})

function wantedIn(json: Json | undefined): readonly Wanted[] {
  if (json === undefined) throw new Failure('The input string is not a valid JSON')
  const version = isObject(json) && json['version'] !== undefined ? fieldOf(json, 'version', 'number') : 1
  if (version !== 1) throw new Failure(`Not supported version field value ${version}`)
  const partitions = isObject(json) ? json['partitions'] : undefined
  if (!Array.isArray(partitions)) throw new Failure('Missing partitions field')
  const wanted: readonly Wanted[] = partitions.map((each: Json) => ({
    topic: fieldOf(each, 'topic', 'string'),
    partition: fieldOf(each, 'partition', 'number'),
    offset: fieldOf(each, 'offset', 'number'),
  }))
  const keys = wanted.map(({ topic, partition }) => partitionKey(topic, partition))
  const twice = [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))]
  if (twice.length > 0) throw new Failure(`Offset json file contains duplicate topic partitions: ${twice.join(',')}`)
  return wanted
}
