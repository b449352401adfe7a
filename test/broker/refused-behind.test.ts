// A broker comes to lead a partition between two batches of an idempotent producer that are under way. Three simulated machines, virtual time.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { ClusterWorld } from '../support/cluster-world.ts'
import { batchOf, type KafkaClient } from '../support/kafka-client.ts'

const TOPIC = 'events'
const IDS = [1, 2, 3]
/** A leader is not new any more. */
const SETTLED_MS = 6000
/** Nor is it to a producer that it does not know. */
const STRANGE_MS = 1500

before(codecsReady)

async function ledByOne(seed: number): Promise<ClusterWorld> {
  const cluster = new ClusterWorld(seed)
  for (const id of IDS) cluster.start(id)
  await cluster.until('three brokers serve', cluster.serving(...IDS))
  await cluster.during(cluster.client.createTopicOn(TOPIC, [IDS]))
  await cluster.during(cluster.client.produce(TOPIC, 0, ['before'], cluster.pause))
  return cluster
}

/** Batches of one record of an idempotent producer over one connection, and what is said to them. */
class Writer {
  readonly #cluster: ClusterWorld
  readonly #client: KafkaClient
  readonly #producerId: number

  constructor(cluster: ClusterWorld, client: KafkaClient, producerId: number) {
    this.#cluster = cluster
    this.#client = client
    this.#producerId = producerId
  }

  static async at(cluster: ClusterWorld, id: number, producerId: number): Promise<Writer> {
    return new Writer(cluster, await cluster.during(cluster.client.at(cluster.serverOf(id))), producerId)
  }

  async send(...sequences: number[]): Promise<string[]> {
    const timestamp = this.#cluster.clock.now()
    const answers = sequences.map((baseSequence) => {
      const fields = { producerId: this.#producerId, producerEpoch: 0, baseSequence }
      return this.#client.send(TOPIC, 0, batchOf([{ value: `${this.#producerId}:${baseSequence}`, timestamp }], fields))
    })
    return (await this.#cluster.during(Promise.all(answers))).map(({ errorCode }) => errorName(errorCode))
  }
}

test('what was sent right behind a batch that came too early for the new leader comes too early as well, whether the leader knows the producer or not', async () => {
  const cluster = await ledByOne(71)
  const known = await Writer.at(cluster, 1, 7)
  assert.deepEqual(await known.send(0, 1), ['NONE', 'NONE'])
  const writers = new Map<number, readonly [Writer, Writer]>()
  for (const id of [2, 3]) writers.set(id, [await Writer.at(cluster, id, 7), await Writer.at(cluster, id, 8)])
  for (const [old, fresh] of writers.values()) {
    assert.deepEqual(await old.send(2, 3), ['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER'])
    assert.deepEqual(await fresh.send(0), ['NOT_LEADER_OR_FOLLOWER'])
  }
  cluster.kill(1)
  const leads = (id: number) => cluster.partition(id, TOPIC, 0)?.leader === id
  await cluster.until('another leads', () => leads(2) || leads(3))
  await cluster.pass(SETTLED_MS)
  const [old, fresh] = writers.get(leads(2) ? 2 : 3)!
  for (const [writer, first] of [
    [old, 2],
    [fresh, 0],
  ] as const) {
    const next = first === 2 ? 4 : 1
    assert.deepEqual(await writer.send(next, next + 1), ['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER'])
    const all = Array.from({ length: next + 2 - first }, (_, at) => first + at)
    assert.deepEqual(
      await writer.send(...all),
      all.map(() => 'NONE'),
    )
    assert.deepEqual(await writer.send(next + 1, next + 3), ['NONE', 'OUT_OF_ORDER_SEQUENCE_NUMBER'])
  }
  const values = (await cluster.during(cluster.client.readAll(TOPIC, 0))).map(({ value }) => value)
  const written = [
    [7, 6],
    [8, 3],
  ].flatMap(([id, count]) => Array.from({ length: count! }, (_, at) => `${id}:${at}`))
  assert.deepEqual(values, ['before', ...written])
})

test('a gap right after others led is for a moment no gap but a leader that is not ready; what comes in order is taken', async () => {
  const cluster = await ledByOne(72)
  assert.deepEqual(await (await Writer.at(cluster, 1, 7)).send(0, 1), ['NONE', 'NONE'])
  cluster.kill(1)
  const leads = (id: number) => cluster.partition(id, TOPIC, 0)?.leader === id
  await cluster.until('another leads', () => leads(2) || leads(3))
  await cluster.pass(200)
  const leader = leads(2) ? 2 : 3
  const [known, fresh] = [await Writer.at(cluster, leader, 7), await Writer.at(cluster, leader, 8)]
  assert.deepEqual(await known.send(3), ['NOT_LEADER_OR_FOLLOWER'])
  assert.deepEqual(await known.send(3, 1, 2, 3), ['NOT_LEADER_OR_FOLLOWER', 'NONE', 'NONE', 'NONE'])
  assert.deepEqual(await fresh.send(1), ['NOT_LEADER_OR_FOLLOWER'])
  assert.deepEqual(await fresh.send(0, 1), ['NONE', 'NONE'])
  // What was known of a third one may have expired: it is not kept waiting for long.
  await cluster.pass(STRANGE_MS)
  assert.deepEqual(await known.send(5), ['NOT_LEADER_OR_FOLLOWER'])
  assert.deepEqual(await (await Writer.at(cluster, leader, 9)).send(40), ['NONE'])
  await cluster.pass(SETTLED_MS)
  assert.deepEqual(await known.send(5), ['OUT_OF_ORDER_SEQUENCE_NUMBER'])
  const values = (await cluster.during(cluster.client.readAll(TOPIC, 0))).map(({ value }) => value)
  assert.deepEqual(values, ['before', '7:0', '7:1', '7:2', '7:3', '8:0', '8:1', '9:40'])
})
