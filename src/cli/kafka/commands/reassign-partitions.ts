// kafka-reassign-partitions: replicas moved from broker to broker, by a plan that a file holds.

import type { Admin } from '../../../client/admin/admin.ts'
import { ClientError } from '../../../client/errors/index.ts'
import { withAdmin } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure, TerseFailure, UsageFailure } from '../failure.ts'
import { javaText } from '../java.ts'
import { demand } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, long, text } from '../options/table.ts'
import { cancel } from './reassign-cancel.ts'
import { execute } from './reassign-execute.ts'
import { generate } from './reassign-generate.ts'
import { inOrder, parsePlan } from './reassign-plan.ts'
import { isBeingMoved, partitionStates, placeText, replicaPlaces } from './reassign-states.ts'
import { clearThrottles } from './reassign-throttles.ts'

const options = {
  ...common,
  'bootstrap-server': text('Server(s) to use for bootstrapping', 'Brokers as host:port, separated by commas.', {
    isOptional: true,
  }),
  'bootstrap-controller': text(
    'bootstrap controller to connect to',
    'Controllers as host:port, separated by commas; in place of brokers.',
    {
      isOptional: true,
    },
  ),
  'command-config': text('Admin client property file', 'A file of properties for the client.'),
  verify: flag('How far the plan is; limits on speed are taken away where all of it is done.'),
  generate: flag('Print a plan; nothing is moved.'),
  execute: flag('Begin to move what the plan says.'),
  cancel: flag('End what is under way of the plan.'),
  list: flag('Print what is under way.'),
  'reassignment-json-file': text(
    'manual assignment json file path',
    'The plan: {"version": 1, "partitions": [{"topic": "foo", "partition": 1, "replicas": [1,2,3], "log_dirs": ["any","/a","any"]}]}; log_dirs may be left out.',
  ),
  'topics-to-move-json-file': text(
    'topics to reassign json file path',
    'With --generate: {"version": 1, "topics": [{"topic": "foo"}]}.',
  ),
  'broker-list': text('brokerlist', 'With --generate: the brokers to which the topics are to go, as 0,1,2.'),
  'disable-rack-aware': flag('Let --generate pay no heed to racks.'),
  throttle: long('throttle', 'Bytes per second between brokers.', { initial: -1 }),
  'replica-alter-log-dirs-throttle': long('replicaAlterLogDirsThrottle', 'Bytes per second between directories.', {
    initial: -1,
  }),
  timeout: long('timeout', 'Milliseconds until moves between directories have to have begun.', { initial: 10_000 }),
  additional: flag('Begin though something else is under way; also to change its limits.'),
  'preserve-throttles': flag('Leave limits on speed as they are.'),
  'disallow-replication-factor-change': flag('Refuse a plan that gives a partition more or fewer replicas.'),
}

type Name = keyof typeof options
export type ReassignOptions = Found<typeof options>

/** What an action needs, and what else may stand with it. */
const actions: Readonly<Record<string, { readonly needs: readonly Name[]; readonly takes: readonly Name[] }>> = {
  generate: {
    needs: ['topics-to-move-json-file', 'broker-list'],
    takes: ['bootstrap-server', 'command-config', 'disable-rack-aware'],
  },
  execute: {
    needs: ['reassignment-json-file'],
    takes: [
      'additional',
      'bootstrap-server',
      'command-config',
      'throttle',
      'replica-alter-log-dirs-throttle',
      'timeout',
      'disallow-replication-factor-change',
    ],
  },
  verify: { needs: ['reassignment-json-file'], takes: ['bootstrap-server', 'command-config', 'preserve-throttles'] },
  cancel: {
    needs: ['reassignment-json-file'],
    takes: ['bootstrap-server', 'bootstrap-controller', 'command-config', 'preserve-throttles', 'timeout'],
  },
  list: { needs: [], takes: ['bootstrap-server', 'bootstrap-controller', 'command-config'] },
}
const actionNames = Object.keys(actions) as Name[]

export const reassignPartitions = command({
  options,
  examples: [
    'kafka-reassign-partitions --bootstrap-server localhost:9092 --generate --topics-to-move-json-file topics.json --broker-list 1,2,3',
    'kafka-reassign-partitions --bootstrap-server localhost:9092 --execute --reassignment-json-file plan.json --throttle 50000000',
    'kafka-reassign-partitions --bootstrap-server localhost:9092 --verify --reassignment-json-file plan.json',
  ],
  about: 'This tool helps to move topic partitions between replicas.',
  check,
  async run(found, around) {
    const bootstrapServers = found.text('bootstrap-server') ?? ''
    const bootstrapControllers = found.has('bootstrap-controller') ? (found.text('bootstrap-controller') ?? '') : undefined
    const config = found.text('command-config')
    return withAdmin({ bootstrapServers, bootstrapControllers, config }, around, (admin) => run(found, admin, around))
  },
  explain(error, around) {
    const message = error instanceof ClientError ? javaText(error) : error.message
    around.print(error instanceof TerseFailure ? message : `Error: ${message}`)
    return 1
  },
})

function check(found: ReassignOptions): void {
  const chosen = actionNames.filter((name) => found.has(name))
  if (chosen.length !== 1) {
    const all = actionNames.map((name) => `--${name}`).join(', ')
    throw new UsageFailure(`Command must include exactly one action: ${all}`)
  }
  const hasServer = found.has('bootstrap-server')
  if (hasServer && found.has('bootstrap-controller')) {
    throw new UsageFailure("Please don't specify both --bootstrap-server and --bootstrap-controller")
  }
  if (!hasServer && !found.has('bootstrap-controller')) {
    throw new UsageFailure('Please specify either --bootstrap-server or --bootstrap-controller')
  }
  const [action] = chosen as [Name]
  const { needs, takes } = actions[action]!
  demand(found, ...needs)
  const stranger = (found.order as Name[]).find((name) => name !== action && ![...needs, ...takes].includes(name))
  if (stranger) throw new UsageFailure(`Option "[${stranger}]" can't be used with action "[${action}]"`)
}

async function run(found: ReassignOptions, admin: Admin, around: Surroundings): Promise<number> {
  if (found.has('list')) await list(admin, around)
  else if (found.has('generate')) await generate(found, admin, await fileOf(found, 'topics-to-move-json-file', around), around)
  else {
    const plan = await fileOf(found, 'reassignment-json-file', around)
    if (found.has('verify')) await verify(found, admin, plan, around)
    else if (found.has('execute')) await execute(found, admin, plan, around)
    else await cancel(found, admin, plan, around)
  }
  return 0
}

async function fileOf(found: ReassignOptions, name: Name, around: Surroundings): Promise<string> {
  const path = found.text(name)!
  const held = await around.readText(path)
  if (held === null) throw new Failure(`Unable to read file ${path}`)
  return held
}

async function list(admin: Admin, around: Surroundings): Promise<void> {
  const underWay = inOrder(await admin.listPartitionReassignments())
  if (underWay.length === 0) return around.print('No partition reassignments found.')
  around.print('Current partition reassignments:')
  for (const { topic, partition, replicas, adding, removing } of underWay) {
    const more = (name: string, ids: readonly number[]) => (ids.length === 0 ? '' : ` ${name}: ${ids.join(',')}.`)
    around.print(`${topic}-${partition}: replicas: ${replicas.join(',')}.${more('adding', adding)}${more('removing', removing)}`)
  }
}

async function verify(found: ReassignOptions, admin: Admin, text: string, around: Surroundings): Promise<void> {
  const { partitions, replicas } = parsePlan(text)
  const { lines, isUnderWay } = await partitionStates(admin, partitions)
  around.print(['Status of partition reassignment:', ...lines].join('\n'))
  const places = await replicaPlaces(admin, replicas)
  around.print(places.map(placeText).join('\n'))
  if (!isUnderWay && !places.some(isBeingMoved) && !found.has('preserve-throttles')) {
    await clearThrottles(admin, partitions, around)
  }
}
