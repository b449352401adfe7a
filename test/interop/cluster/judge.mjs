/** `odradek start --brokers 3` as a user runs it, Apache's tools on it beside a real cluster of three, brokers killed under KafkaJS, directories handed over. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { versions } from '../lib/cache.mjs'
import { nodeFiles, startFromFiles, startOurCluster, untilBrokers } from '../lib/clusters.mjs'
import { Compared } from './compared.mjs'
import { failOver } from './fail-over.mjs'
import { metadataFiles } from './files.mjs'
import { moves, uncleanElection } from './moves.mjs'
import { formatWithVoters, storage } from './storage.mjs'
import { tools } from './tools.mjs'
import { underWay } from './under-way.mjs'

/** So that every node writes snapshots while we look, and leaders stay where they are. */
const settings = { 'metadata.log.max.record.bytes.between.snapshots': '6000', 'auto.leader.rebalance.enable': 'false' }

export const judge = {
  name: 'cluster',
  about: `\`odradek start --brokers 3\`: Apache Kafka ${versions.kafka}'s tools print what they print of a real cluster; brokers killed under KafkaJS; directories formatted by one and used by the other`,
  needs: ['java', 'mvn'],
  startsBrokers: true,
  minutes: 12,

  install: installTools,

  async run({ report, tools: installed, workDir, kind }) {
    const { libs } = installed
    const runner = new ToolRunner(installed)
    const clusters = []
    try {
      // Its directories are formatted by our tool: Apache's nodes start on them.
      clusters.push(await realCluster(libs, join(workDir, 'real'), 'ours'))
      clusters.unshift(
        kind === 'apache' ? await realCluster(libs, join(workDir, 'judged'), 'apache') : await asUserRuns(report, workDir),
      )
      const [cluster] = clusters
      const compared = new Compared({ report, runner, clusters })
      await tools({ compared })
      await moves({ compared, workDir })
      await uncleanElection({ compared })
      await underWay({ report, compared, workDir })
      await clusters[1].stop()
      await failOver({ report, runner, cluster })
      await cluster.stop()
      await metadataFiles({ report, runner, cluster })
      if (kind === 'ours') await stopsWhenTold(report, cluster)
      await storage({ report, runner, libs, workDir })
    } finally {
      runner.close()
      for (const cluster of clusters) await cluster.destroy()
    }
  },
}

async function realCluster(libs, dir, formattedBy) {
  const files = await nodeFiles({ dir, overrides: settings })
  await formatWithVoters(formattedBy, files, libs)
  return startFromFiles('apache', files, libs)
}

/** The ready line is what a person goes by. */
async function asUserRuns(report, workDir) {
  const dir = join(workDir, 'ours')
  mkdirSync(dir, { recursive: true })
  const cluster = await startOurCluster({ dir, overrides: settings })
  await report.test('odradek start --brokers 3: the ready line has addresses, processes and directories', async () => {
    const { ready, port, nodes, dataDir } = cluster
    const addresses = [0, 1, 2].map((at) => `127.0.0.1:${port + at}`)
    assert.match(
      ready,
      new RegExp(
        `^odradek \\S+ ready on ${addresses.join(',')} \\(node 1 is process \\d+, node 2 is process \\d+, node 3 is process \\d+, data in ${dataDir}/node-\\*, \\d+ ms\\)$`,
      ),
    )
    for (const { id, pid } of nodes) {
      assert.ok(existsSync(`/proc/${pid()}`), `process ${pid()} runs`)
      assert.ok(existsSync(join(dataDir, `node-${id}`, 'meta.properties')), `node ${id} has its directory`)
    }
    await untilBrokers(cluster, 3)
  })
  return cluster
}

function stopsWhenTold(report, cluster) {
  return report.test('SIGTERM stops all of them, and starting again finds the same cluster', async () => {
    const again = await startOurCluster({ dir: join(cluster.dataDir, '..'), port: cluster.port, overrides: settings })
    await untilBrokers(again, 3)
    const from = performance.now()
    const { code, signal } = await again.stop()
    assert.equal(code, 0, `it ended with ${code ?? signal}`)
    assert.ok(performance.now() - from < 10_000, `it took ${Math.round(performance.now() - from)} ms`)
    for (const { pid } of again.nodes) assert.ok(!existsSync(`/proc/${pid()}`), `process ${pid()} is gone`)
  })
}
