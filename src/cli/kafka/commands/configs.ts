// kafka-configs: configurations of topics, brokers, groups and the like, and quotas of clients, shown and changed.

import { ClientError } from '../../../client/errors/index.ts'
import { withAdmin } from '../client.ts'
import { command } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaText } from '../java.ts'
import type { Found } from '../options/parse.ts'
import { bootstrapServer, commandConfig, common, flag, text } from '../options/table.ts'
import { checkConfigs } from './configs-check.ts'
import { entitiesOf, isQuotaType } from './configs-entities.ts'
import { alterQuotas, describeQuotas } from './configs-quotas.ts'
import { alterResource, describeResource } from './configs-resources.ts'

const options = {
  ...common,
  'bootstrap-server': bootstrapServer,
  'bootstrap-controller': text('controller to connect to', 'Controllers as host:port, separated by commas; in place of brokers.'),
  'command-config': commandConfig,
  alter: flag('Change configurations.'),
  describe: flag('Show configurations.'),
  all: flag('With --describe: also what was not set for the entity itself.'),
  'entity-type': text(
    undefined,
    'topics, brokers, broker-loggers, groups, client-metrics, users, clients or ips; users and clients may stand together.',
  ),
  'entity-name': text(undefined, 'The topic, broker id, group, name, user, client id or address.'),
  'entity-default': flag('What holds for all brokers, users, clients or addresses that have none of their own.'),
  'add-config': text(
    undefined,
    'k1=v1,k2=[v1,v2],k3=v3: square brackets hold values with commas. docs/reference/configs.md has the names.',
  ),
  'add-config-file': text(undefined, 'A file of properties with configurations to add.'),
  'delete-config': text(undefined, 'Names of configurations to remove, with commas.'),
  topic: text(undefined, 'A topic.'),
  client: text(undefined, 'A client id.'),
  'client-defaults': flag('What holds for all clients.'),
  user: text(undefined, 'A user.'),
  'user-defaults': flag('What holds for all users.'),
  broker: text(undefined, 'The id of a broker.'),
  'broker-defaults': flag('What holds for all brokers.'),
  'broker-logger': text(undefined, 'The id of a broker, for the levels of its loggers.'),
  ip: text(undefined, 'An address.'),
  'ip-defaults': flag('What holds for all addresses.'),
  group: text(undefined, 'A group.'),
  'client-metrics': text(undefined, 'A subscription to metrics of clients.'),
}

export type ConfigOptions = Found<typeof options>

export const configs = command({
  options,
  examples: [
    'kafka-configs --bootstrap-server localhost:9092 --describe --topic orders --all',
    'kafka-configs --bootstrap-server localhost:9092 --alter --topic orders --add-config retention.ms=86400000,cleanup.policy=[compact,delete]',
    'kafka-configs --bootstrap-server localhost:9092 --alter --topic orders --delete-config retention.ms',
  ],
  about:
    'This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, client-metrics or group',
  check: checkConfigs,
  async run(found, around) {
    const entities = entitiesOf(found)
    const bootstrapServers = found.text('bootstrap-server')
    const bootstrapControllers = found.text('bootstrap-controller')
    return withAdmin({ bootstrapServers, bootstrapControllers, config: found.text('command-config') }, around, async (admin) => {
      if (found.has('alter') && entities.types.length !== entities.names.length) {
        throw new Failure('An entity name must be specified for every entity type')
      }
      const task = { found, admin, around, entities }
      const ofQuotas = isQuotaType(entities.types[0]!)
      if (found.has('alter')) await (ofQuotas ? alterQuotas(task) : alterResource(task))
      else await (ofQuotas ? describeQuotas(task) : describeResource(task))
      return 0
    })
  },
  explain(error, around, words) {
    if (error instanceof ClientError) {
      around.complain(`Error while executing config command with args '${words.join(' ')}'`)
      around.complain(javaText(error))
    } else around.complain(error.message)
    return 1
  },
})
