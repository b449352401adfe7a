/** All replicas of a cluster moved to other brokers by kafka-reassign-partitions, as docs/migrate.md tells it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../lib/report.mjs'
import { Connection, metadata } from '../lib/wire.mjs'

const THROTTLE = 50_000_000

/** All topics with their partitions as a broker tells them, those of internal topics too. */
export async function topicsAt(address) {
  const connection = await Connection.open(address)
  try {
    return (await metadata(connection, null)).topics.sort((a, b) => (a.name < b.name ? -1 : 1))
  } finally {
    connection.close()
  }
}

/** The ids of the brokers that a broker tells of. */
export async function brokersAt(address) {
  const connection = await Connection.open(address, { timeoutMs: 2000 })
  try {
    return (await metadata(connection, [], 2000)).brokers.map(({ id }) => id).sort()
  } finally {
    connection.close()
  }
}

/** Waits until the broker at this address tells of these brokers, and of no others. */
export function untilBrokersAre(cluster, address, ids, ms = 90_000) {
  return eventually(async () => {
    assert.equal(cluster.ended(), '')
    assert.deepEqual(await brokersAt(address), ids)
  }, ms)
}

/** Waits until every partition (of `names`, or of all topics) has its replicas in sync, `check` says more of each. */
export function untilInSync(address, { names = null, check = () => {} } = {}, ms = 90_000) {
  return eventually(async () => {
    for (const { name, partitions } of await topicsAt(address)) {
      if (names && !names.includes(name)) continue
      for (const partition of partitions) {
        const what = `${name}-${partition.index}: ${JSON.stringify(partition)}`
        assert.ok(partition.leader >= 0, what)
        assert.deepEqual(partition.isr.toSorted(), partition.replicas.toSorted(), what)
        check(partition, what)
      }
    }
  }, ms)
}

/** Puts the replicas of all topics on these brokers, as many as each partition has; who is first in turn leads. */
export async function moveAll({ runner, bootstrap, address, brokers, workDir, ms = 120_000 }) {
  const topics = await topicsAt(address)
  const partitions = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ index, replicas }) => ({
      topic: name,
      partition: index,
      replicas: replicas.map((_, at) => brokers[(index + at) % brokers.length]),
    })),
  )
  const file = join(workDir, `to-${brokers.join('-')}.json`)
  writeFileSync(file, JSON.stringify({ version: 1, partitions }))
  const words = ['--bootstrap-server', bootstrap, '--reassignment-json-file', file]
  await runner.must('kafka-reassign-partitions', [...words, '--execute', '--throttle', THROTTLE])
  await eventually(async () => {
    const said = await runner.must('kafka-reassign-partitions', [...words, '--verify'])
    assert.equal([...said.matchAll(/ is completed\./g)].length, partitions.length, said)
  }, ms)
  return partitions.length
}
