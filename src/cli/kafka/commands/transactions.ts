// kafka-transactions: what coordinators and leaders know of transactions, and those that hang ended.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import { ClientError } from '../../../client/errors/index.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { withAdmin } from '../client.ts'
import { KAFKA_COMMIT, KAFKA_VERSION, type Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaMessage } from '../java.ts'
import type { Argument, Arguments } from '../options/argparse.ts'
import { printTable } from '../table.ts'
import { tool } from '../tool.ts'
import { findHanging } from './transactions-hanging.ts'

const argument = (flag: string, about: string, kind: Argument['kind'] = 'text'): Argument => ({ flags: [flag], about, kind })
const needed = (flag: string, about: string, kind: Argument['kind'] = 'text'): Argument => ({
  ...argument(flag, about, kind),
  isRequired: true,
})
const partition = [needed('--topic', 'The topic.'), needed('--partition', 'The number of the partition.', 'integer')]

const run = tool(
  {
    name: 'kafka-transactions.sh',
    examples: [
      'kafka-transactions --bootstrap-server localhost:9092 list',
      'kafka-transactions --bootstrap-server localhost:9092 describe --transactional-id billing-1',
      'kafka-transactions --bootstrap-server localhost:9092 describe-producers --topic orders --partition 0',
      'kafka-transactions --bootstrap-server localhost:9092 find-hanging --topic orders',
      'kafka-transactions --bootstrap-server localhost:9092 abort --topic orders --partition 0 --start-offset 1234',
      'kafka-transactions --bootstrap-server localhost:9092 forceTerminateTransaction --transactionalId billing-1',
    ],
    helpExitCode: 1,
    about: 'This tool is used to analyze the transactional state of producers in the cluster.',
    arguments: [
      { flags: ['-v', '--version'], about: 'Print the version of Kafka that the command is like.', kind: 'flag' },
      argument('--command-config', 'A file of properties for the client.'),
      needed('--bootstrap-server', 'Brokers as host:port, separated by commas.'),
    ],
    commands: {
      list: {
        about: 'The transactions that coordinators know.',
        arguments: [
          argument('--duration-filter', 'Only those that have been open for more milliseconds.', 'long'),
          argument('--transactional-id-pattern', 'Only ids that match.'),
        ],
      },
      describe: {
        about: 'The state of one transactional id.',
        arguments: [needed('--transactional-id', 'The id.')],
      },
      'describe-producers': {
        about: 'The producers that a partition remembers.',
        arguments: [argument('--broker-id', 'Asked of this replica, and not of the leader.', 'integer'), ...partition],
      },
      abort: {
        about: 'End a transaction that hangs in a partition.',
        arguments: [
          ...partition,
          argument('--start-offset', 'Where it begins.', 'long'),
          argument('--producer-id', 'Before Kafka 3.0: the producer.', 'long'),
          argument('--producer-epoch', 'Before Kafka 3.0: its epoch.', 'short'),
          argument('--coordinator-epoch', 'Before Kafka 3.0: that of the coordinator.', 'integer'),
        ],
      },
      'find-hanging': {
        about: 'Transactions that their coordinator does not know.',
        arguments: [
          argument('--broker-id', 'Only partitions of this broker.', 'integer'),
          argument('--max-transaction-timeout', 'Only those older than so many minutes; 15.', 'integer'),
          argument('--topic', 'Only this topic.'),
          argument('--partition', 'Only this partition of it.', 'integer'),
        ],
      },
      forceTerminateTransaction: {
        about: 'Abort the open transaction of a transactional id.',
        arguments: [needed('--transactionalId', 'The id.')],
      },
    },
  },
  (found, around) => {
    const work = works[found.command]!(found)
    return withAdmin(
      {
        bootstrapServers: found.text('bootstrap-server')!,
        config: found.text('command-config'),
        noConfig: (path) => sentence('Failed to load admin client properties', path),
      },
      around,
      async (admin) => {
        await work(admin, around)
        return 0
      },
    )
  },
)

/** The version is told whatever else stands there. */
export async function transactions(words: readonly string[], around: Surroundings): Promise<number> {
  const first = words.find((word) => ['-v', '--version', '-h', '--help'].includes(word))
  if (first !== '-v' && first !== '--version') return run(words, around)
  around.print(`${KAFKA_VERSION} (Commit:${KAFKA_COMMIT})`)
  return 0
}

type Work = (admin: Admin, around: Surroundings) => Promise<void>

/** What is typed is checked before anybody is asked. */
const works: Readonly<Record<string, (found: Arguments) => Work>> = {
  list: (found) => (admin, around) => list(found, admin, around),
  describe: (found) => (admin, around) => describe(found.text('transactional-id')!, admin, around),
  'describe-producers': (found) => (admin, around) => describeProducers(found, admin, around),
  abort: (found) => abort(found),
  'find-hanging': (found) => findHanging(found),
  forceTerminateTransaction: (found) => (admin) =>
    failing(`Failed to force terminate transactionalId \`${found.text('transactionalId')}\``, () =>
      admin.forceTerminateTransaction(found.text('transactionalId')!),
    ),
}

/** What a broker says becomes the end of a sentence. */
export async function failing<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (thrown) {
    if (!(thrown instanceof ClientError)) throw thrown
    throw new Failure(sentence(what, javaMessage(thrown)))
  }
}

const sentence = (what: string, why: string) => `${what}: ${why}. Enable debug logging for additional detail.`

const notFound = (id: string) =>
  `DescribeTransactions request for transactionalId \`${id}\` failed because the ID could not be found`

const HEADERS = ['TransactionalId', 'Coordinator', 'ProducerId', 'TransactionState']

async function list(found: Arguments, admin: Admin, { print }: Surroundings): Promise<void> {
  const duration = found.text('duration-filter')
  const listed = await failing('Failed to list transactions', () =>
    admin.listTransactions({
      durationMs: duration === undefined ? undefined : Number(duration),
      transactionalIdPattern: found.text('transactional-id-pattern'),
    }),
  )
  const rows = listed.map(({ transactionalId, coordinatorId, producerId, state }) => [
    transactionalId,
    coordinatorId,
    producerId,
    state,
  ])
  printTable(HEADERS, rows, print)
}

async function describe(transactionalId: string, admin: Admin, { print, clock }: Surroundings): Promise<void> {
  const trouble = `Failed to describe transaction state of transactional-id \`${transactionalId}\``
  const told = await failing(trouble, async () => {
    const { values, errors } = await admin.describeTransactions([transactionalId])
    const error = errors.get(transactionalId)
    if (error?.code === 'TRANSACTIONAL_ID_NOT_FOUND') throw new Failure(sentence(trouble, notFound(transactionalId)))
    if (error) throw error
    return values.get(transactionalId)!
  })
  const { startTimeMs } = told
  const columns: readonly (readonly [string, unknown])[] = [
    ['CoordinatorId', told.coordinatorId],
    ['TransactionalId', transactionalId],
    ['ProducerId', told.producerId],
    ['ProducerEpoch', told.producerEpoch],
    ['TransactionState', told.state],
    ['TransactionTimeoutMs', told.transactionTimeoutMs],
    ['CurrentTransactionStartTimeMs', startTimeMs ?? 'None'],
    ['TransactionDurationMs', startTimeMs === null ? 'None' : clock.now() - startTimeMs],
    ['TopicPartitions', told.partitions.map((each) => partitionKey(each.topic, each.partition)).join(',')],
  ]
  printTable(
    columns.map(([name]) => name),
    [columns.map(([, value]) => value)],
    print,
  )
}

const partitionOf = (found: Arguments): TopicPartition => ({
  topic: found.text('topic')!,
  partition: Number(found.text('partition')),
})

async function describeProducers(found: Arguments, admin: Admin, { print }: Surroundings): Promise<void> {
  const wanted = partitionOf(found)
  const key = partitionKey(wanted.topic, wanted.partition)
  const id = found.text('broker-id')
  const where = id === undefined ? 'leader' : `broker ${id}`
  const producers = await failing(
    `Failed to describe producers for partition ${key} on ${where}`,
    async () => (await admin.describeProducers([wanted], id === undefined ? {} : { brokerId: Number(id) })).get(key)!,
  )
  const headers = [
    'ProducerId',
    'ProducerEpoch',
    'LatestCoordinatorEpoch',
    'LastSequence',
    'LastTimestamp',
    'CurrentTransactionStartOffset',
  ]
  const rows = producers.map((state) => [
    state.producerId,
    state.producerEpoch,
    state.coordinatorEpoch ?? -1,
    state.lastSequence,
    state.lastTimestamp,
    state.currentTransactionStartOffset ?? 'None',
  ])
  printTable(headers, rows, print)
}

const NEITHER =
  'The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)'

function abort(found: Arguments): Work {
  const number = (name: string) => (found.has(name) ? Number(found.text(name)) : null)
  const [startOffset, producerId] = [number('start-offset'), number('producer-id')]
  if (startOffset === null && producerId === null) throw new Failure(NEITHER)
  if (startOffset === null) {
    for (const name of ['producer-epoch', 'coordinator-epoch']) {
      if (!found.has(name)) throw new Failure(`Missing required argument --${name}`)
    }
  }
  const wanted = partitionOf(found)
  return async (admin) => {
    const hanging =
      startOffset !== null
        ? await hangingAt(admin, wanted, startOffset)
        : {
            ...wanted,
            producerId: producerId!,
            producerEpoch: number('producer-epoch')!,
            coordinatorEpoch: Math.max(0, number('coordinator-epoch')!),
          }
    const spec = `AbortTransactionSpec(topicPartition=${partitionKey(wanted.topic, wanted.partition)}, producerId=${hanging.producerId}, producerEpoch=${hanging.producerEpoch}, coordinatorEpoch=${hanging.coordinatorEpoch})`
    await failing(`Failed to abort transaction ${spec}`, () => admin.abortTransaction(hanging))
  }
}

async function hangingAt(admin: Admin, wanted: TopicPartition, startOffset: number) {
  const key = partitionKey(wanted.topic, wanted.partition)
  const producers = await failing(
    `Failed to validate producer state for partition ${key}`,
    async () => (await admin.describeProducers([wanted])).get(key)!,
  )
  const state = producers.find(({ currentTransactionStartOffset }) => currentTransactionStartOffset === startOffset)
  if (!state) throw new Failure(`Could not find any open transactions starting at offset ${startOffset} on partition ${key}`)
  const { producerId, producerEpoch, coordinatorEpoch } = state
  return { ...wanted, producerId, producerEpoch, coordinatorEpoch: coordinatorEpoch ?? 0 }
}
