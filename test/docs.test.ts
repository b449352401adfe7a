// What is generated is fresh, and what is written twice is the same.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { version } from '../src/base/version.ts'
import { judgedBy, referencePages, type Told, withoutEffect } from '../src/cli/reference/index.ts'
import { brokerKeysWithoutEffect, groupKeysWithoutEffect, topicKeysWithoutEffect } from '../src/config/without-effect.ts'
import { startBroker } from '../src/index.ts'
import { apiByKey } from '../src/protocol/api.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../src/protocol/messages/api-versions.ts'
import { clusterBugs } from './sim/cluster/planted-bugs.ts'
import { KafkaClient } from './support/kafka-client.ts'
import { goldenConversations } from './wire/golden.ts'

const root = process.cwd()
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const sources = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name.replaceAll('\\', '/'), read(join('src', name))]),
)
const idle = withoutEffect(sources)
const told = await toldByBroker()
const recorded = goldenConversations()

test('the generated pages are what the tables, the sources and the broker say', () => {
  for (const [path, text] of referencePages({ idle, told, recorded })) {
    assert.ok(read(path) === text, `${path} is stale: npm run docs`)
  }
})

test('every served API is judged, by recorded answers and judges that exist', () => {
  assert.ok(told.length > 25, `only ${told.length} APIs are served`)
  const judges = new Set(namesOfJudges())
  for (const { apiKey } of told) {
    const { name } = apiByKey(apiKey)!
    const { golden = [], interop = [] } = judgedBy[name] ?? {}
    assert.ok(golden.length + interop.length > 0, `nobody judges ${name}: src/cli/reference/judges.ts`)
    for (const group of golden) {
      const isThere = recorded.some((one) => one.apiKey === apiKey && one.id.startsWith(`${group}/`))
      assert.ok(isThere, `no recorded answer of ${name} is in the group ${group}`)
    }
    for (const judge of interop) assert.ok(judges.has(judge), `${judge}, a judge of ${name}, does not exist`)
  }
  const served = new Set(told.map(({ apiKey }) => apiByKey(apiKey)!.name as string))
  for (const name of Object.keys(judgedBy)) assert.ok(served.has(name), `${name} has judges and is not served`)
})

test('docs/limits.md gives a reason for every recorded answer that may differ, and few deviations', () => {
  const pending: string[] = JSON.parse(read('test/interop/golden-pending.json'))
  const limits = read('docs/limits.md')
  for (const id of pending) assert.ok(limits.includes(`\`${id}\``), `${id} may differ and is not in docs/limits.md`)
  const deviations = limits.split('Deviations:')[1]!.match(/`[a-z]+\/[a-z0-9-]+`/g) ?? []
  assert.ok(deviations.length > 0 && deviations.length <= 15, `${deviations.length} deviations; 15 are the limit`)
})

test('links of the pages for readers lead somewhere', () => {
  for (const path of pagesForReaders()) {
    for (const [, target = ''] of read(path).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(join(root, dirname(path), target)), `${path} links to ${target}`)
    }
  }
})

test('the list of configurations without effect is what the sources say', () => {
  const listed = { broker: [...brokerKeysWithoutEffect], topic: [...topicKeysWithoutEffect], group: [...groupKeysWithoutEffect] }
  assert.deepEqual(listed, idle, 'npm run docs')
})

test('a key that is read somewhere is not on the list, nor what it inherits from', () => {
  const found = withoutEffect(new Map([['log/log.ts', "config['retention.ms'] + broker['num.partitions']"]]))
  for (const name of ['log.retention.ms', 'log.retention.hours', 'num.partitions']) assert.ok(!found.broker.includes(name), name)
  assert.ok(!found.topic.includes('retention.ms'))
  assert.ok(found.broker.includes('num.io.threads') && found.topic.includes('segment.ms'))
  const onlyTable = withoutEffect(new Map([['config/topic.ts', "'retention.ms': long()"]]))
  assert.ok(onlyTable.topic.includes('retention.ms'))
})

test('the version of the command is that of the package', () => {
  assert.equal(version, JSON.parse(read('package.json')).version)
})

async function toldByBroker(): Promise<readonly Told[]> {
  const broker = await startBroker({ inMemory: true })
  const client = await KafkaClient.connect(broker.bootstrapServers)
  try {
    return (await client.call(ApiVersionsRequest, ApiVersionsResponse, 0, {})).apiKeys
  } finally {
    client.close()
    await broker.close()
  }
}

/** The judges are plain JavaScript and name themselves in it; those of other people's suites are named after a table. */
function namesOfJudges(): string[] {
  return readdirSync(join(root, 'test/interop'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'test/interop', entry.name, 'judge.mjs')))
    .flatMap(({ name }) => {
      const names = [...read(`test/interop/${name}/judge.mjs`).matchAll(/\bname: '([a-z-]+)'/g)].map(([, found]) => found!)
      return name === 'peers' ? names.map((suite) => `peers-${suite}`) : names
    })
}

function pagesForReaders(): string[] {
  const below = (dir: string) =>
    readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${dir}/${name}`)
  return [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'bench/README.md',
    'deploy/README.md',
    'examples/README.md',
    'test/interop/README.md',
    ...below('docs'),
  ]
}

test('which seed found each planted bug of clusters is told as it is recorded', () => {
  const rows: { bug: string; seed: number | null }[] = JSON.parse(read('test/campaigns/cluster-sim-bugs.json'))
  const lines = read('docs/simulation.md').split('\n')
  for (const { name } of clusterBugs) {
    const row = rows.find(({ bug }) => bug === name)
    const [, , seed] =
      lines
        .find((line) => line.startsWith(`| \`${name}\` |`))
        ?.split(' | ')
        .map((cell) => cell.trim()) ?? []
    assert.ok(row, `${name} was never hunted: npm run sim -- --cluster --bugs`)
    assert.equal(seed, String(row.seed ?? '-'), `${name} was found by seed ${row.seed}`)
  }
})
