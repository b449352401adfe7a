import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { MetadataDelta } from '../metadata/publisher.ts'
import { silentLogger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { type ErrorName, errorCode, KafkaError } from '../protocol/errors.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { ControllerClient } from './controller-client.ts'
import { DirectoryKeeper } from './directory-keeper.ts'

interface Told {
  readonly directories: readonly {
    readonly id: string
    readonly topics: readonly { readonly topicId: string; readonly partitions: readonly { readonly partitionIndex: number }[] }[]
  }[]
}

const ID = 'topic-id'

/** Broker 1 of partitions with replicas on 2 and 1. */
function scene(count: number, { epoch = 7 } = {}) {
  const clock = new ManualClock()
  /** By partition: where the metadata thinks that our replica is, and where it is. */
  const known = Array<string>(count).fill('none')
  const here: (string | null)[] = Array(count).fill('a')
  const requests: Told[] = []
  const answers: (ErrorName | readonly [number, ErrorName] | Error)[] = []
  let brokerEpoch = epoch
  const controller: ControllerClient = {
    send: async (_exchange, body) => {
      const request = body as unknown as Told
      requests.push(request)
      const answer = answers.shift() ?? 'NONE'
      if (answer instanceof Error) throw answer
      const errorOf = (index: number) => (typeof answer !== 'string' && answer[0] === index ? answer[1] : 'NONE')
      const directories = request.directories.map(({ id, topics }) => ({
        id,
        topics: topics.map(({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ partitionIndex }) => {
            const isTaken = errorOf(partitionIndex) === 'NONE' && (typeof answer !== 'string' || answer === 'NONE')
            if (isTaken) known[partitionIndex] = id
            return { partitionIndex, errorCode: errorCode(errorOf(partitionIndex)) }
          }),
        })),
      }))
      return { errorCode: typeof answer === 'string' ? errorCode(answer) : 0, directories } as never
    },
  }
  const partitionOf = (index: number) => ({ replicas: [2, 1], directories: ['theirs', known[index]!], partition: index })
  const image = {
    topicsById: {
      get: (id: string) => (id === ID ? { partitions: known.map((_, index) => partitionOf(index)) } : undefined),
    },
  } as unknown as MetadataImage
  const replicas = {
    get: (_topic: string, index: number) => ({ topicId: ID, index }),
    placeOf: ({ index }: { index: number }) => (here[index] ? { directoryId: here[index] } : undefined),
  } as unknown as Replicas
  const keeper = new DirectoryKeeper({
    ...{ controller, brokerId: 1, brokerEpoch: () => brokerEpoch, replicas, image, clock, logger: silentLogger },
    slices: new Slices(clock),
  })
  const changed = () =>
    keeper.follow({
      partitionsChanged: known.map((_, index) => ({ topic: { name: 't', id: ID }, before: null, after: partitionOf(index) })),
    } as unknown as MetadataDelta)
  const register = (next: number) => {
    brokerEpoch = next
    keeper.begin()
  }
  return { clock, keeper, known, here, requests, answers, changed, register }
}

const told = ({ directories }: Told) =>
  Object.fromEntries(directories.map(({ id, topics }) => [id, topics[0]!.partitions.map(({ partitionIndex }) => partitionIndex)]))
const settle = () => new Promise(setImmediate)

test('the controller is told where replicas lie that it places elsewhere, by directory, once the broker is registered', async () => {
  const { keeper, here, requests, known, changed, register } = scene(4, { epoch: -1 })
  known[1] = 'a'
  here[2] = 'b'
  here[3] = null
  await changed()
  await settle()
  assert.equal(requests.length, 0)
  register(9)
  await settle()
  assert.deepEqual(requests.map(told), [{ a: [0], b: [2] }])
  await changed()
  await settle()
  assert.equal(requests.length, 1, 'it knows by now')
  keeper.stop()
})

test('what the controller does not take is told again, later each time; what it knows nothing of is left', async () => {
  const { clock, keeper, requests, answers, changed } = scene(3)
  answers.push(new KafkaError('REQUEST_TIMED_OUT'), 'STALE_BROKER_EPOCH', [1, 'UNKNOWN_SERVER_ERROR'], [1, 'UNKNOWN_TOPIC_ID'])
  await changed()
  await settle()
  await clock.advance(99)
  assert.equal(requests.length, 1)
  await clock.advance(1)
  await settle()
  assert.equal(requests.length, 2)
  await clock.advance(200)
  await settle()
  assert.equal(requests.length, 3)
  await clock.advance(400)
  await settle()
  assert.deepEqual(requests.map(told).slice(2), [{ a: [0, 1, 2] }, { a: [1] }])
  await clock.advance(60_000)
  assert.equal(requests.length, 4)
  keeper.stop()
})

test('many replicas are told of in several requests', async () => {
  const { keeper, requests, changed } = scene(2500)
  await changed()
  await settle()
  assert.deepEqual(
    requests.map((request) => told(request)['a']!.length),
    [1000, 1000, 500],
  )
  keeper.stop()
})

test('who is about to move a replica hears when the controller counts it to its new place; a later word takes the place of an earlier one', async () => {
  const { clock, keeper, requests, answers, known } = scene(1)
  known[0] = 'a'
  await keeper.assign('t', ID, 0, 'b')
  assert.deepEqual(requests.map(told), [{ b: [0] }])
  await keeper.assign('t', ID, 0, 'b') // nothing to tell
  assert.equal(requests.length, 1)

  answers.push('NOT_CONTROLLER')
  const first = keeper.assign('t', ID, 0, 'c')
  const refused = assert.rejects(first, /REQUEST_TIMED_OUT|stays where it was/)
  await settle()
  keeper.stays('t', ID, 0)
  await refused
  await clock.advance(1000)
  await settle()
  assert.deepEqual(told(requests.at(-1)!), { a: [0] })
  const last = keeper.assign('gone', 'other-id', 0, 'b')
  await last // the metadata knows no such topic: there is nobody to tell
  answers.push('NOT_CONTROLLER')
  const never = assert.rejects(keeper.assign('t', ID, 0, 'd'), /stopping/)
  await settle()
  keeper.stop()
  await never
})
