// The table against what Kafka, its exporters and the dashboards on them call things.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Family, Known } from './metric.ts'
import { chapters } from './table/index.ts'

const facts = ['../../../../shared/kafka', '../../../shared/kafka', '../shared/kafka']
  .map((path) => new URL(`${path}/`, import.meta.url))
  .find((url) => existsSync(new URL('metrics.json', url)))
const skip = facts ? false : 'the facts of Kafka 4.2 (../shared/kafka) are not here'

interface Fact {
  readonly name?: string
  readonly kind?: string
  readonly tags?: readonly (readonly string[])[]
  readonly variants?: readonly { readonly tags: readonly string[]; readonly attributes: readonly string[] }[]
}
interface Facts {
  readonly mbeans: readonly { readonly domain: string; readonly type: string; readonly metrics: readonly Fact[] }[]
  readonly exporters: {
    readonly kafka_exporter: { readonly metrics: readonly (readonly [string, readonly string[]])[] }
    readonly jmx_exporter: { readonly dashboardMetrics: Readonly<Record<string, readonly string[]>> }
  }
}

const read = (): Facts => JSON.parse(readFileSync(new URL('metrics.json', facts), 'utf8'))
const families: readonly Family[] = chapters.flatMap((one) => one.families)

type Bean = Extract<Known, { by: 'jmx' }>

/** What the usual rules of the JMX exporter make of an MBean, as metrics.json lists them. */
function nameByRules({ domain, type, name }: Bean, kind: string): string {
  const start = domain.toLowerCase().replaceAll('.', '_')
  if (type.includes('-')) {
    const room = type === 'raft-metrics' ? 'raftmetrics' : type
    return `${start}_${room}_${name}`.replaceAll('-', '_')
  }
  const plain = `${start}_${type}_${name}`.toLowerCase().replaceAll('-', '_')
  if (name.endsWith('Percent')) return plain.replace(/percent$/, '_percent')
  if (kind === 'meter') return plain.replace(/persec$/, '_total')
  return plain
}

test('every name is in the facts of Kafka and its exporters with its labels and its kind, or marked as ours', { skip }, () => {
  const { mbeans, exporters } = read()
  const exported = new Map(exporters.kafka_exporter.metrics)
  for (const { name, known, subject, kind } of families) {
    if (known.by === 'odradek') {
      assert.match(name, known.like === undefined ? /^odradek_/ : /^(process|nodejs)_/, name)
      continue
    }
    if (known.by === 'kafka_exporter') {
      assert.deepEqual(subject.labels, exported.get(name), name)
      continue
    }
    const told = mbeans.find(({ domain, type }) => domain === known.domain && type === known.type)?.metrics ?? []
    const fact = told.find((one) => one.name === known.name)
    const tags = fact
      ? (fact.tags ?? [[]])
      : told.flatMap(({ variants = [] }) =>
          variants.filter(({ attributes }) => attributes.includes(known.name)).map((one) => one.tags),
        )
    assert.ok(tags.length > 0, `${name}: Kafka has no ${known.domain}:${known.type},${known.name}`)
    assert.equal(name, nameByRules(known, fact?.kind ?? 'gauge'))
    const isState = known.name === 'current-state'
    assert.ok(
      tags.some((one) => isState || [...one].sort().join() === [...subject.labels].sort().join()),
      `${name}: labels ${subject.labels}; Kafka has ${JSON.stringify(tags)}`,
    )
    const expected = {
      gauge: ['gauge', 'untyped', 'counter'],
      meter: ['counter', 'gauge'],
      histogram: ['summary'],
      timer: ['summary'],
    }
    assert.ok((expected[(fact?.kind ?? 'gauge') as keyof typeof expected] as string[]).includes(kind), `${name} is no ${kind}`)
  }
})

/** What dashboards of brokers ask for and we do not tell; each has its reason in docs/limits.md. */
const notTold = [
  /^jvm_/,
  /^kafka_server_raftchannelmetrics_/,
  /^kafka_server_raftmetrics_(append_records_rate|fetch_records_rate|commit_latency_avg|current_vote)$/,
]

test('what dashboards of Kafka brokers and kafka_exporter read is told, but for what has a reason not to be', { skip }, () => {
  const { kafka = [], kraft = [], 'kafka-exporter': exporter = [] } = read().exporters.jmx_exporter.dashboardMetrics
  const told = new Set(families.map(({ name }) => name))
  const missing = [...kafka, ...kraft, ...exporter].filter((name) => !told.has(name))
  assert.deepEqual(
    missing.filter((name) => !notTold.some((pattern) => pattern.test(name))),
    [],
  )
  for (const pattern of notTold)
    assert.ok(
      missing.some((name) => pattern.test(name)),
      `${pattern} is told now`,
    )
})

test('rules and dashboard in deploy/ ask for metrics that there are', () => {
  const told = new Set(families.flatMap(({ name, kind }) => (kind === 'histogram' ? [name, `${name}_bucket`] : [name])))
  for (const path of ['deploy/prometheus/rules.yml', 'deploy/grafana/odradek.json']) {
    const asked = readFileSync(path, 'utf8').match(/\b(kafka|odradek|process|nodejs)_[a-z0-9_]+/g) ?? []
    assert.ok(asked.length > 10, path)
    const unknown = asked.filter((name) => !told.has(name))
    assert.deepEqual(unknown, [], path)
  }
})

test('names are unique and fit their kind', () => {
  assert.equal(new Set(families.map(({ name }) => name)).size, families.length)
  for (const { name, kind, unit, known } of families) {
    assert.match(name, /^[a-z_][a-z0-9_]*$/)
    assert.equal(name.endsWith('_total'), kind === 'counter', `${name} is a ${kind}`)
    if (known.by === 'odradek' && (unit === 'bytes' || unit === 'seconds')) assert.match(name, new RegExp(`_${unit}(_total)?$`))
  }
})

test('every metric says in a sentence what it is, and where it comes from', () => {
  for (const { name, help, from } of families) {
    assert.match(help, /^[A-Z0-9].*[.]$/, name)
    assert.ok(from.length > 5, name)
  }
})
