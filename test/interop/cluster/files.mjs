/** What lies on the disks of a cluster's nodes, as Apache's tool reads it: the metadata log of each is the same, and so are the snapshots. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const BAD = /isvalid: false|Mismatches in|not found in the log|Could not decode|corrupt/i
const ENTRY = /^\| offset: (\d+) .*? payload: (\{.*\})$/gm

/** For a cluster that is stopped. Every node must have written snapshots. */
export async function metadataFiles({ report, runner, cluster }) {
  const dump = async (file) => {
    const output = await runner.must('kafka-dump-log', ['--files', file, '--cluster-metadata-decoder', '--deep-iteration'])
    assert.doesNotMatch(output, BAD, file)
    return output
  }
  const logs = new Map()
  for (const { id, dataDir } of cluster.nodes) {
    await report.test(`kafka-dump-log: the metadata log of node ${id}`, async () => {
      const output = await dump(newest(dataDir, /\.log$/))
      const entries = new Map([...output.matchAll(ENTRY)].map(([, offset, payload]) => [Number(offset), payload]))
      assert.ok(entries.size > 20, `${entries.size} records`)
      for (const type of ['REGISTER_BROKER_RECORD', 'PARTITION_CHANGE_RECORD', 'BROKER_REGISTRATION_CHANGE_RECORD'])
        assert.ok(
          [...entries.values()].some((payload) => payload.includes(`"type":"${type}"`)),
          type,
        )
      assert.match(output, /LeaderChange/)
      logs.set(id, entries)
    })
    await report.test(`kafka-dump-log: the snapshots of node ${id}`, async () => {
      const output = await dump(newest(dataDir, /\d\.checkpoint$/))
      assert.match(output, /SnapshotHeader/)
      assert.match(output, /SnapshotFooter/)
      for (const type of ['FEATURE_LEVEL_RECORD', 'REGISTER_BROKER_RECORD', 'TOPIC_RECORD', 'PARTITION_RECORD'])
        assert.ok(output.includes(`"type":"${type}"`), type)
    })
  }
  await report.test('the metadata logs of all nodes hold the same at the same offsets', () => {
    const [first, ...others] = [...logs.values()]
    let compared = 0
    for (const other of others)
      for (const [offset, payload] of other) {
        if (!first.has(offset)) continue
        assert.equal(payload, first.get(offset), `offset ${offset}`)
        compared++
      }
    assert.ok(compared > 40, `${compared} records compared`)
  })
}

function newest(dataDir, pattern) {
  const dir = join(dataDir, '__cluster_metadata-0')
  const names = readdirSync(dir)
    .filter((name) => pattern.test(name))
    .sort()
  assert.ok(names.length > 0, `${dir} has no such file`)
  return join(dir, names.at(-1))
}
