// What a real Apache Kafka 4.2.0 answered to 198 requests about groups, asked again of ours, in the same order.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { settings } from '../../../test/support/group-world.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { MemoryLog } from '../../../test/support/memory-log.ts'
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { GROUPS_TOPIC, GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { silentLogger } from '../../platform/logger.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { readRequestHeader, readResponseHeader } from '../../protocol/header.ts'
import { codec } from '../../protocol/schema.ts'
import type { AnyHandler, RequestContext } from '../handler.ts'
import { deleteGroups } from './delete-groups.ts'
import { describeGroups } from './describe-groups.ts'
import { findCoordinator } from './find-coordinator.ts'
import { heartbeat } from './heartbeat.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listGroups } from './list-groups.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { syncGroup } from './sync-group.ts'

interface Recorded {
  readonly name: string
  readonly api: Parameters<typeof api>[0]
  readonly version: number
  /** With its length in front. */
  readonly request: string
  readonly response: string
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of many APIs, looked into by path
type Body = any

const file = new URL('../../../../test/data/golden-groups.json.gz', import.meta.url)
const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString()) as readonly Recorded[]
const byName = new Map(recorded.map((entry) => [entry.name.replace('classicgroups/', ''), entry]))

/** Asked before the request it is named by, answered after it: they wait. */
const askedBefore = new Map([
  ['heartbeat-rebalance-in-progress', 'join-second-member'],
  ['sync-leader-releases', 'sync-follower-waits'],
])

/** Answers that differ on purpose: there are no transactions yet. */
const pending = new Set(['findcoordinator/txn-v4', 'findcoordinator/empty-txn-key'])

const topics = new Map([
  ['gr-a', { name: 'gr-a', id: requestOf('commit-ok-v10-topic-id').topics[0].topicId as string, partitions: [{}, {}] }],
  ['gr-b', { name: 'gr-b', id: responseOf('offsetfetch-v10-all').groups[0].topics[0].topicId as string, partitions: [{}] }],
  [GROUPS_TOPIC, { name: GROUPS_TOPIC, id: 'x', partitions: Array.from({ length: 4 }, () => ({ leader: 1 })) }],
])

const image = {
  topic: (name: string) => topics.get(name),
  topicsById: new Map([...topics.values()].map((topic) => [topic.id, topic])),
  partition: (topic: string, partition: number) => topics.get(topic)?.partitions[partition],
  brokers: new Map([[1, { id: 1, fenced: false, endPoints: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 29192 }] }]]),
} as unknown as MetadataImage

let nextId = ''
const groups = new GroupCoordinator({
  settings,
  clock: new ManualClock(),
  logger: silentLogger,
  newId: () => nextId,
  partitionCount: () => 4,
  maxBatchBytes: () => 1_048_588,
})

const rooms = { groups, image: () => image }
const handlers = new Map<string, AnyHandler>(
  [
    joinGroup(rooms),
    syncGroup(rooms),
    heartbeat(rooms),
    leaveGroup(rooms),
    offsetCommit(rooms),
    offsetFetch(rooms),
    offsetDelete(rooms),
    describeGroups(rooms),
    listGroups(rooms),
    deleteGroups(rooms),
    findCoordinator({ image: () => image, topics: { group: GROUPS_TOPIC }, ensureInternalTopic: async () => {} }),
  ].map((handler) => [handler.api.name, handler]),
)

before(async () => {
  for (let partition = 0; partition < 4; partition++) groups.onElected(partition, new MemoryLog(), 0)
  await groups.whenLoaded()
})

test('the recording has the cases we count on', () => {
  assert.equal(recorded.length, 198)
})

for (const entry of recorded) {
  const name = entry.name.replace('classicgroups/', '')
  if (pending.has(entry.name) || [...askedBefore.values()].includes(name)) continue
  test(`${entry.name}: as Apache Kafka answers`, async () => {
    await joinUnrecorded(name)
    const waitingName = askedBefore.get(name)
    const waiting = waitingName === undefined ? null : ask(byName.get(waitingName)!)
    if (name === 'join-first-rejoins') return compare(entry, await ask(entry))
    compare(entry, await ask(entry))
    if (name === 'sync-leader-releases') compare(byName.get(waitingName!)!, await waiting!)
    else secondMember = waiting ?? secondMember
  })
  if (name === 'join-first-rejoins') {
    test('classicgroups/join-second-member: as Apache Kafka answers, once the first member is back', async () => {
      compare(byName.get('join-second-member')!, await secondMember!)
    })
  }
}

let secondMember: Promise<Body> | null = null

/** The script asked for two member ids without recording it. */
async function joinUnrecorded(before: string): Promise<void> {
  const joins = { 'join-v9-with-id': 'join-v9-with-id', 'heartbeat-rebalance-in-progress': 'join-second-member' }
  const join = joins[before as keyof typeof joins]
  if (join === undefined) return
  const request = requestOf(join)
  nextId = (request.memberId as string).slice(-36)
  const { handler, context } = callOf(byName.get(join)!)
  const answer = (await handler.handle({ ...request, memberId: '' }, context)) as Body
  assert.equal(answer.memberId, request.memberId)
}

function callOf({ api: name, version }: Recorded): { handler: AnyHandler; context: RequestContext } {
  const context: RequestContext = {
    version,
    clientId: 'golden',
    clientHost: '/127.0.0.1',
    principal: 'User:ANONYMOUS',
    listener: 'PLAINTEXT',
    connectionId: 1,
    receivedAt: 0,
    may: () => true,
    onSent: () => {},
    gone: new AbortController().signal,
    answerFor: (thrown) => KafkaError.of(thrown),
    disconnect: () => assert.fail('nothing here closes a connection'),
  }
  return { handler: handlers.get(name)!, context }
}

/** Decodes the request, lets the handler answer, and reads the answer back from its bytes. */
async function ask(entry: Recorded): Promise<Body> {
  const { handler, context } = callOf(entry)
  const request = requestOf(entry)
  if (entry.api === 'JoinGroup' && request.memberId === '') nextId = (responseOf(entry).memberId as string).slice(-36)
  const answer = await handler
    .handle(request, context)
    .catch((thrown: unknown) => handler.refuse(request, KafkaError.of(thrown), context))
  const writer = new ByteWriter()
  codec(handler.api.response, entry.version).write(writer, answer)
  return codec(handler.api.response, entry.version).read(new ByteReader(writer.toBytes()))
}

function compare(entry: Recorded, answer: Body): void {
  assert.deepEqual(comparable(answer, entry), comparable(responseOf(entry), entry))
}

/** Arrays in any order, texts for people by whether there are any, and no list of groups where others of that broker are in it. */
function comparable(body: Body, { name }: Recorded): unknown {
  const withoutGroups = /list-v\d$/.test(name)
  return normal(withoutGroups ? { ...body, groups: [] } : body)
}

function normal(value: Body): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return value.map(normal).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (value === null || typeof value !== 'object') return value
  const pairs = Object.entries(value).map(([key, one]) => [key, key === 'errorMessage' && one ? '<text>' : normal(one)])
  return Object.fromEntries(pairs)
}

function requestOf(entry: Recorded | string): Body {
  const { api: name, version, request } = typeof entry === 'string' ? byName.get(entry)! : entry
  const reader = new ByteReader(Buffer.from(request, 'hex').subarray(4))
  readRequestHeader(reader)
  return codec(api(name).request, version).read(reader)
}

function responseOf(entry: Recorded | string): Body {
  const { api: name, version, response } = typeof entry === 'string' ? byName.get(entry)! : entry
  const reader = new ByteReader(Buffer.from(response, 'hex'))
  readResponseHeader(reader, api(name).key, version)
  return codec(api(name).response, version).read(reader)
}
