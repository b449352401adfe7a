// Transactions that are open in a partition, and of which no coordinator knows any more: they stop everybody who reads what is committed.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { ProducerState, TopicPartition } from '../../../client/index.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import type { Arguments } from '../options/argparse.ts'
import { printTable } from '../table.ts'
import { failing } from './transactions.ts'

const MINUTE = 60_000
const DEFAULT_MINUTES = 15
/** Topics, and partitions, that are asked about at once. */
const MOST_AT_ONCE = 500

interface Open {
  readonly partition: TopicPartition
  readonly state: ProducerState
}

/** Throws a Failure where it is not said in what to look. */
export function findHanging(found: Arguments): (admin: Admin, around: Surroundings) => Promise<void> {
  const [topic, id, partition] = [found.text('topic'), found.text('broker-id'), found.text('partition')]
  if (topic === undefined && id === undefined) {
    throw new Failure('The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search')
  }
  if (topic === undefined && partition !== undefined) {
    throw new Failure('The --partition argument requires --topic to be provided')
  }
  const brokerId = id === undefined ? undefined : Number(id)
  const oldestMs = Number(found.text('max-transaction-timeout') ?? DEFAULT_MINUTES) * MINUTE
  return async (admin, around) => {
    const searched =
      topic !== undefined && partition !== undefined
        ? [{ topic, partition: Number(partition) }]
        : await partitionsOf(admin, topic === undefined ? await topicsOf(admin) : [topic], brokerId)
    const now = around.clock.now()
    const open = await openIn(admin, searched, brokerId, now - oldestMs)
    print(await unknownTo(admin, open), now, around)
  }
}

const topicsOf = (admin: Admin) =>
  failing('Failed to list topics', async () => (await admin.listTopics()).map(({ name }) => name))

async function partitionsOf(admin: Admin, topics: readonly string[], brokerId: number | undefined): Promise<TopicPartition[]> {
  const partitions: TopicPartition[] = []
  for (const some of inPieces(topics)) {
    const described = await failing(`Failed to describe ${some.length} topics`, async () =>
      (await admin.describeTopics(some)).all(),
    )
    for (const { name, partitions: all } of described.values()) {
      const here = all.filter(({ replicas }) => brokerId === undefined || replicas.includes(brokerId))
      partitions.push(...here.map(({ partition }) => ({ topic: name, partition })))
    }
  }
  return partitions
}

async function openIn(
  admin: Admin,
  partitions: readonly TopicPartition[],
  brokerId: number | undefined,
  before: number,
): Promise<Open[]> {
  const open: Open[] = []
  for (const some of inPieces(partitions)) {
    const where = brokerId === undefined ? 'Optional.empty' : `Optional[${brokerId}]`
    const producers = await failing(`Failed to describe producers for ${some.length} partitions on broker ${where}`, async () =>
      (await admin.describeProducers(some, brokerId === undefined ? {} : { brokerId })).all(),
    )
    for (const partition of some) {
      const states = producers.get(partitionKey(partition.topic, partition.partition)) ?? []
      const old = states.filter(
        ({ currentTransactionStartOffset: start, lastTimestamp }) => start !== null && lastTimestamp < before,
      )
      open.push(...old.map((state) => ({ partition, state })))
    }
  }
  return open
}

/** Those of which the coordinator does not say that they belong to a transaction it knows. */
async function unknownTo(admin: Admin, open: readonly Open[]): Promise<readonly Open[]> {
  const producerIds = [...new Set(open.map(({ state }) => state.producerId))]
  if (producerIds.length === 0) return []
  const listed = await failing(`Failed to list transactions for ${producerIds.length} producers`, () =>
    admin.listTransactions({ producerIds }),
  )
  const ids = new Map(listed.map(({ producerId, transactionalId }) => [producerId, transactionalId]))
  const described = await failing(`Failed to describe ${ids.size} transactions`, async () => {
    const outcomes = await admin.describeTransactions([...new Set(ids.values())])
    for (const error of outcomes.errors.values()) if (error.code !== 'TRANSACTIONAL_ID_NOT_FOUND') throw error
    return outcomes.values
  })
  return open.filter(({ partition, state }) => {
    const known = described.get(ids.get(state.producerId) ?? '')
    return !known?.partitions.some((each) => each.topic === partition.topic && each.partition === partition.partition)
  })
}

function print(hanging: readonly Open[], now: number, around: Surroundings): void {
  const headers = [
    'Topic',
    'Partition',
    'ProducerId',
    'ProducerEpoch',
    'CoordinatorEpoch',
    'StartOffset',
    'LastTimestamp',
    'Duration(min)',
  ]
  const rows = hanging.map(({ partition, state }) => [
    partition.topic,
    partition.partition,
    state.producerId,
    state.producerEpoch,
    state.coordinatorEpoch ?? -1,
    state.currentTransactionStartOffset ?? -1,
    state.lastTimestamp,
    Math.floor((now - state.lastTimestamp) / MINUTE),
  ])
  printTable(headers, rows, (line) => around.print(line))
}

function* inPieces<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += MOST_AT_ONCE) yield list.slice(from, from + MOST_AT_ONCE)
}
