/** Other people's suites on three brokers. They make their topics with one replica; here runs a copy of them that asks for three. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaLibs } from '../lib/cache.mjs'
import { nodeFiles, startFromFiles, startOurCluster, storageTool } from '../lib/clusters.mjs'

/** By file of the shared folder: what stands there, and what it becomes. */
const changes = {
  'franz-go': [['KGO_TEST_RF=1', 'KGO_TEST_RF=3']],
  'java/H.java': [['new NewTopic(t, parts, (short) 1)', 'new NewTopic(t, parts, (short) 3)']],
  'java/Clients.java': [
    ['eq(1, i.get(0).replicas().length)', 'eq(3, i.get(0).replicas().length)'],
    ['eq(1, i.get(0).inSyncReplicas().length)', 'eq(3, i.get(0).inSyncReplicas().length)'],
  ],
  // Its classes are kept beside those of the suite as it is.
  'java-clients': [['java-classes-$KV', 'java-classes-three-replicas-$KV']],
  // Asked for the end right after acks=1, a leader does not have it yet where others follow.
  'node/suite.mjs': [
    ['replicas: 1 }', 'replicas: 3 }'],
    ["{ topic: t, key: 'k', value: 'v' }] }); const c =", "{ topic: t, key: 'k', value: 'v' }], acks: -1 }); const c ="],
  ],
}

/** Groups take half a minute each where members come and go: of those, the longest way of rebalancing, and what lives on through a session. */
const javaShare =
  '(produce|consume|topic|admin|compact|retention)[.].*|classic[.](rebalance[.]Cooperative|static|session|commit|newPartitions).*'

/** What each suite is told besides, and the share of it that a usual run takes: what groups, elections and replicas have to do with. */
const suites = {
  'kafka-python': {
    // KAFKA_URI is one address; the others are found. A plug-in of pytest asks for three replicas.
    bootstrap: (all) => all.split(',')[0],
    args: ['-p', 'three_replicas'],
    env: { PYTHONPATH: import.meta.dirname },
    share: { args: (own) => [...own, '-k', 'test_producer_integration or test_group'] },
  },
  'franz-go': {
    share: { env: { ONLY: '^Test(GroupSimple|GroupETL|Client_Produce|AddRemovePartitions)', RECORDS: '5000' } },
  },
  'node-clients': { share: { args: () => ['^kafkajs[.].*'] } },
  'java-clients': { share: { args: () => [javaShare] } },
}

const overrides = { 'auto.create.topics.enable': 'true' }

/** The judge of a suite (see `judge.mjs`) on three brokers. */
export function onThreeBrokers(settings, runSuite) {
  const { name, about, needs, minutes, install } = settings
  const more = suites[name]
  return {
    name: `cluster-${name}`,
    about: `${about}, on three brokers with three replicas of each topic`,
    needs: ['shared', ...needs],
    minutes: 2 * minutes,
    startsBrokers: true,
    expectedAs: `peers-${name}`,
    isShare: ({ whole }) => !whole,
    ...(install && { install }),

    async run({ report, sharedDir, workDir, kind, options }) {
      const peers = replicatedCopy(sharedDir, workDir)
      const cluster = await (kind === 'apache'
        ? realCluster(workDir)
        : startOurCluster({ dir: join(workDir, 'cluster'), overrides }))
      const share = options.whole ? {} : more.share
      try {
        const suite = {
          ...settings,
          minutes: 2 * minutes,
          args: (scratch) => {
            const own = [...(settings.args?.(scratch) ?? []), ...(more.args ?? [])]
            return share.args?.(own) ?? own
          },
          env: { ...settings.env, ...more.env, ...share.env },
        }
        const bootstrap = more.bootstrap?.(cluster.bootstrap) ?? cluster.bootstrap
        await runSuite(suite, { bootstrap, report, script: join(peers, name) })
        await report.test('the brokers live through it and stop when told', async () => {
          const ends = [await cluster.stop()].flat()
          for (const { code, signal } of ends) if (kind === 'ours') assert.equal(code, 0, `one ended with ${code ?? signal}`)
        })
      } finally {
        await cluster.destroy()
      }
    },
  }
}

function replicatedCopy(sharedDir, workDir) {
  const peers = join(workDir, 'peers')
  cpSync(join(sharedDir, 'peers'), peers, { recursive: true })
  for (const [file, pairs] of Object.entries(changes)) {
    const path = join(peers, file)
    let text = readFileSync(path, 'utf8')
    for (const [from, to] of pairs) {
      assert.ok(text.includes(from), `${file} of the shared folder has no ${from} any more: change it here`)
      text = text.replaceAll(from, to)
    }
    writeFileSync(path, text)
  }
  return peers
}

async function realCluster(workDir) {
  const libs = await kafkaLibs()
  const authorizer = {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  }
  const files = await nodeFiles({ dir: join(workDir, 'cluster'), overrides: { ...overrides, ...authorizer } })
  for (const { file } of files) await storageTool('apache', ['format', '-t', 'b2RyYWRlay1qdWRnZXMtMw', '-c', file], libs)
  return startFromFiles('apache', files, libs)
}
