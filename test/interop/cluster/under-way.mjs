/**
 * A broker comes to lead between two batches of an idempotent producer that are under way: the same requests to both clusters, and what each says.
 * Ours refuses the second like the first, so that both come again in order; docs/limits.md has why.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordBatch } from '../lib/batch.mjs'
import { eventually } from '../lib/report.mjs'
import { api, Connection, metadata, produceBody, readProduced } from '../lib/wire.mjs'

const TOPIC = 'under-way'
const [NONE, NOT_LEADER, OUT_OF_ORDER] = [0, 6, 45]

/** Of two producers: the leader knows what the one wrote before, and nothing of the other. By sequence number, in the order of the requests. */
const expected = {
  apache: {
    known: [`0: ${NONE}`, `1: ${NOT_LEADER}`, `2: ${OUT_OF_ORDER}`, `1: ${NONE}`, `2: ${NONE}`],
    fresh: [`0: ${NOT_LEADER}`, `1: ${NONE}`, `0: ${OUT_OF_ORDER}`, `1: ${NONE}`],
  },
  ours: {
    known: [`0: ${NONE}`, `1: ${NOT_LEADER}`, `2: ${NOT_LEADER}`, `1: ${NONE}`, `2: ${NONE}`],
    fresh: [`0: ${NOT_LEADER}`, `1: ${NOT_LEADER}`, `0: ${NONE}`, `1: ${NONE}`],
  },
}

export async function underWay({ report, compared, workDir }) {
  await compared.each((side) =>
    report.test(
      `a batch behind one that came too early for its leader: what ${side.cluster.kind === 'ours' ? 'ours' : 'Kafka'} says`,
      async () => assert.deepEqual(await said(side, workDir), expected[side.cluster.kind]),
      { timeoutMs: 120_000 },
    ),
  )
}

async function said(side, workDir) {
  const [first, second] = await Promise.all(side.cluster.nodes.slice(0, 2).map(({ address }) => Connection.open(address)))
  try {
    await side.must('kafka-topics', '--create', '--topic', TOPIC, '--replica-assignment', '1:2:3')
    for (const connection of [first, second]) await untilLed(connection, 1)
    const known = new Producer(471_100_001)
    const fresh = new Producer(471_100_002)
    await known.send(first, 0)
    await known.send(second, 1)
    await fresh.send(second, 0)
    await moveLeader(side, workDir)
    await untilLed(second, 2)
    for (const sequence of [2, 1, 2]) await known.send(second, sequence)
    for (const sequence of [1, 0, 1]) await fresh.send(second, sequence)
    return { known: known.said, fresh: fresh.said }
  } finally {
    first.close()
    second.close()
  }
}

class Producer {
  said = []
  #id

  constructor(id) {
    this.#id = id
  }

  async send(connection, sequence) {
    const batch = recordBatch([Buffer.from(`${this.#id}:${sequence}`)], Date.now(), { producerId: this.#id, sequence })
    const { error } = readProduced(await connection.ask(api.produce, 7, produceBody(TOPIC, 0, batch)))
    this.said.push(`${sequence}: ${error}`)
  }
}

/** Node 2 becomes the preferred leader, and is elected. */
async function moveLeader(side, workDir) {
  const file = join(workDir, 'under-way.json')
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: TOPIC, partition: 0, replicas: [2, 1, 3] }] }))
  await side.must('kafka-reassign-partitions', '--execute', '--reassignment-json-file', file)
  await eventually(async () => {
    const verified = await side.said('kafka-reassign-partitions', '--verify', '--reassignment-json-file', file)
    assert.match(verified, new RegExp(`Reassignment of partition ${TOPIC}-0 is completed`))
  }, 30_000)
  await side.must('kafka-leader-election', '--election-type', 'preferred', '--topic', TOPIC, '--partition', '0')
}

/** Until this broker knows that `leader` leads. */
async function untilLed(connection, leader) {
  await eventually(async () => {
    const [topic] = (await metadata(connection, [TOPIC])).topics
    assert.equal(topic.partitions[0]?.leader, leader)
  })
}
