// kafka-cluster: the id of a cluster, its endpoints, and brokers taken off its list.

import { ClientError } from '../../../client/errors/index.ts'
import { withAdmin } from '../client.ts'
import { row, widthOf } from '../columns.ts'
import { Failure } from '../failure.ts'
import type { Argument, Arguments, Grammar } from '../options/argparse.ts'
import { tool } from '../tool.ts'

const connection: readonly Argument[] = [
  { flags: ['--bootstrap-server', '-b'], about: 'Brokers as host:port, separated by commas.' },
  { flags: ['--bootstrap-controller', '-C'], about: 'Not supported: controllers as host:port.' },
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
    if (found.has('bootstrap-controller')) {
      if (found.has('include-fenced-brokers')) {
        throw new Failure('The option --include-fenced-brokers is only supported with --bootstrap-server option')
      }
      throw new Failure('--bootstrap-controller is not supported yet; --bootstrap-server asks brokers (docs/limits.md)')
    }
    if (found.has('config') && found.has('command-config')) {
      throw new Failure('--config and --command-config cannot be specified together.')
    }
    if (found.has('config')) {
      around.print('Option --config has been deprecated and will be removed in a future version. Use --command-config instead.')
    }
    const config = found.text('config') ?? found.text('command-config')
    return withAdmin({ bootstrapServers: found.text('bootstrap-server')!, config }, around, async (admin) => {
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
          const rows = nodes.map((node) => [
            String(node.id),
            node.host,
            String(node.port),
            String(node.rack),
            node.isFenced ? 'fenced' : 'unfenced',
            'broker',
          ])
          const widths = [10, column(rows, 1), 10, column(rows, 3), 10, 15]
          around.print(row(widths, ['ID', 'HOST', 'PORT', 'RACK', 'STATE', 'ENDPOINT_TYPE']))
          for (const words of rows) around.print(row(widths, words))
          return 0
        }
      }
    })
  },
)

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
