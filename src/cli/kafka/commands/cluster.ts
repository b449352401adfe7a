// kafka-cluster: the id of a cluster, its endpoints, and brokers taken off its list.

import type { ClusterNode } from '../../../client/admin/index.ts'
import { ClientError } from '../../../client/errors/index.ts'
import { withAdmin } from '../client.ts'
import { row, widthOf } from '../columns.ts'
import { Failure } from '../failure.ts'
import type { Argument, Arguments, Grammar } from '../options/argparse.ts'
import { tool } from '../tool.ts'

const connection: readonly Argument[] = [
  { flags: ['--bootstrap-server', '-b'], about: 'Brokers as host:port, separated by commas.' },
  { flags: ['--bootstrap-controller', '-C'], about: 'Controllers as host:port, separated by commas; in place of brokers.' },
  { flags: ['--config'], about: 'The older name of --command-config.' },
  { flags: ['--command-config', '-c'], about: 'A file of properties for the client.' },
]
const grammar = (about: string, more: readonly Argument[] = []): Grammar => ({
  about,
  arguments: [...connection, ...more],
  oneOf: [['bootstrap-server', 'bootstrap-controller']],
})

export const cluster = tool(
  {
    name: 'kafka-cluster',
    examples: [
      'kafka-cluster cluster-id --bootstrap-server localhost:9092',
      'kafka-cluster list-endpoints --bootstrap-server localhost:9092',
      'kafka-cluster unregister --bootstrap-server localhost:9092 --id 3',
    ],
    helpExitCode: 1,
    about: 'The Kafka cluster tool.',
    arguments: [],
    commands: {
      'cluster-id': grammar('Get information about the ID of a cluster.'),
      unregister: grammar('Unregister a broker.', [
        { flags: ['--id', '-i'], about: 'The ID of the broker to unregister.', kind: 'integer', isRequired: true },
      ]),
      'list-endpoints': grammar('List endpoints.', [
        { flags: ['--include-fenced-brokers'], about: 'Brokers, too, that serve nobody at the moment.', kind: 'flag' },
      ]),
    },
  },
  (found, around) => {
    if (found.has('config') && found.has('command-config')) {
      throw new Failure('--config and --command-config cannot be specified together.')
    }
    if (found.has('config')) {
      around.print('Option --config has been deprecated and will be removed in a future version. Use --command-config instead.')
    }
    const config = found.text('config') ?? found.text('command-config')
    const ofControllers = found.has('bootstrap-controller')
    if (ofControllers && found.has('include-fenced-brokers')) {
      throw new Failure('The option --include-fenced-brokers is only supported with --bootstrap-server option')
    }
    const bootstrapServers = found.text('bootstrap-server')
    const bootstrapControllers = found.text('bootstrap-controller')
    return withAdmin({ bootstrapServers, bootstrapControllers, config }, around, async (admin) => {
      switch (found.command) {
        case 'cluster-id':
          around.print(`Cluster ID: ${(await admin.describeCluster()).clusterId}`)
          return 0
        case 'unregister':
          return unregister(
            found,
            (id) => admin.unregisterBroker(id),
            (line) => around.print(line),
          )
        default: {
          const includeFencedBrokers = found.has('include-fenced-brokers')
          const { nodes } = await admin.describeCluster({ includeFencedBrokers })
          for (const line of endpoints(nodes, ofControllers)) around.print(line)
          return 0
        }
      }
    })
  },
)

/** Controllers have no state. */
function endpoints(nodes: readonly ClusterNode[], ofControllers: boolean): readonly string[] {
  const rows = nodes.map(({ id, host, port, rack, isFenced }) => [
    String(id),
    host,
    String(port),
    String(rack),
    ...(ofControllers ? [] : [isFenced ? 'fenced' : 'unfenced']),
    ofControllers ? 'controller' : 'broker',
  ])
  const state = ofControllers ? [] : ['STATE']
  const widths = [10, column(rows, 1), 10, column(rows, 3), ...state.map(() => 10), 15]
  return [['ID', 'HOST', 'PORT', 'RACK', ...state, 'ENDPOINT_TYPE'], ...rows].map((words) => row(widths, words))
}

const column = (rows: readonly (readonly string[])[], at: number) =>
  widthOf(
    at === 1 ? 9 : 10,
    rows.map((words) => words[at]!),
  )

async function unregister(
  found: Arguments,
  remove: (id: number) => Promise<void>,
  print: (line: string) => void,
): Promise<number> {
  const id = Number(found.text('id'))
  try {
    await remove(id)
    print(`Broker ${id} is no longer registered.`)
  } catch (thrown) {
    if (!(thrown instanceof ClientError) || thrown.code !== 'UNSUPPORTED_VERSION') throw thrown
    print('The target cluster does not support the broker unregistration API.')
  }
  return 0
}
