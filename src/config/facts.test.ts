// Our tables against what a real Apache Kafka 4.2.0 says about its own: names, types, defaults, bounds, synonyms, update modes.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { brokerConfigs } from './broker/index.ts'
import { adminOptions } from './client/admin.ts'
import { consumerOptions } from './client/consumer.ts'
import { absentOption, absentOptions, type ClientKind, otherDefaults } from './client/kafka.ts'
import { kafkaName } from './client/names.ts'
import { producerOptions } from './client/producer.ts'
import { shareConsumerOptions } from './client/share-consumer.ts'
import { clientMetricsConfigs } from './client-metrics.ts'
import { ConfigError } from './error.ts'
import { groupConfigs } from './group.ts'
import type { Key, Table } from './keys.ts'
import { clientQuotaConfigs, ipQuotaConfigs, replicationQuotaConfigs } from './quotas.ts'
import { topicConfigs } from './topic.ts'

const facts = ['../../../../shared/kafka', '../../../shared/kafka', '../shared/kafka']
  .map((path) => new URL(`${path}/`, import.meta.url))
  .find((url) => existsSync(new URL('broker-configs.json', url)))
const skip = facts ? false : 'the facts of Kafka 4.2 (../shared/kafka) are not here'

interface Fact {
  name: string
  type: string
  default?: unknown
  required?: true
  importance: string
  internal?: true
  valid?: unknown
  update?: string
  scope?: string
  brokerSynonyms?: { name: string; multiplyToGetTopicValue?: number }[]
}

/** Numbers stay texts: JSON.parse would round 2^63-1. */
function read(file: string): Fact[] {
  const text = readFileSync(new URL(file, facts), 'utf8').replace(/"default":(-?[\d.]+(?:E\d+)?)/g, '"default":"$1"')
  return JSON.parse(text).configs
}

test('every broker configuration of Kafka 4.2 is in the table as Kafka has it, and no other but our own', { skip }, () => {
  compare(brokerConfigs, read('broker-configs.json'))
})

test('every topic configuration of Kafka 4.2 is in the table as Kafka has it', { skip }, () => {
  const expected = read('topic-configs.json')
  compare(topicConfigs, expected)
  for (const { name, brokerSynonyms = [] } of expected) {
    const ours = (topicConfigs as Table)[name]?.synonyms
    assert.deepEqual(
      ours,
      brokerSynonyms.map((one) => ({ name: one.name, times: one.multiplyToGetTopicValue ?? 1 })),
      name,
    )
  }
})

test('every group, metrics and quota configuration of Kafka 4.2 is in its table as Kafka has it', { skip }, () => {
  compare(groupConfigs, read('group-configs.json'))
  const others = read('other-entity-configs.json')
  const ofScope = (scope: string) => others.filter((fact) => fact.scope?.startsWith(scope))
  compare(clientMetricsConfigs, ofScope('client-metrics'))
  compare(clientQuotaConfigs, ofScope('user/client-id quota'))
  compare(ipQuotaConfigs, ofScope('ip quota'))
  compare(replicationQuotaConfigs, ofScope('broker replication quota'))
})

interface ClientFacts {
  readonly notSupportedByShareConsumer: readonly string[]
  readonly configs: readonly (Fact & { readonly of: readonly string[] })[]
}

/** A copy: what holds for clients is looked at wherever the tests run. */
const clientFacts: ClientFacts = JSON.parse(readFileSync('test/data/client-configs.json', 'utf8'))
const clients: Readonly<Record<ClientKind, Table>> = {
  producer: producerOptions,
  consumer: consumerOptions,
  shareConsumer: shareConsumerOptions,
  admin: adminOptions,
}
const factsOf = (client: string) => {
  const kind = client === 'shareConsumer' ? 'consumer' : client
  return clientFacts.configs.filter(({ of, internal }) => of.includes(kind) && !internal)
}

test('every option of a client of Kafka 4.2 is in its table as Kafka has it, or said to be none, and no other but our own', () => {
  for (const [client, table] of Object.entries(clients) as [ClientKind, Table][]) {
    const keys = new Map(Object.entries(table).flatMap(([name, key]) => (key.own ? [] : [[kafkaName(name), key]])))
    const expected = factsOf(client).filter(({ name }) => !absentOption(name, client))
    assert.deepEqual([...keys.keys()].sort(), expected.map(({ name }) => name).sort(), client)
    for (const fact of expected) {
      const key = keys.get(fact.name)!
      assert.equal(key.type, fact.type.toLowerCase(), fact.name)
      assert.ok(key.doc.length > 20, `${fact.name} needs a sentence`)
      // Without a group there is nothing to share; Kafka finds that out a moment later.
      if (client !== 'shareConsumer' || fact.name !== 'group.id') compareDefault(fact, key)
      compareValid(fact, key)
    }
  }
})

function compareDefault(fact: Fact, key: Key): void {
  const theirs = defaultText(fact, key)
  const [other] = otherDefaults[fact.name] ?? []
  if (other !== undefined) assert.notEqual(key.initial, theirs, `${fact.name} has Kafka's default`)
  // An empty list of Kafka's is none here.
  assert.equal(other ?? key.initial, key.initial === null && theirs === '' ? null : theirs, fact.name)
}

test("what is said to be no option is one of Kafka's", () => {
  for (const { names, of = Object.keys(clients) } of absentOptions) {
    for (const name of names) {
      const [beginning] = name.split('*')
      const isThere = of.some((client) => factsOf(client).some((fact) => fact.name.startsWith(beginning!)))
      assert.ok(isThere, name)
    }
  }
  for (const name of clientFacts.notSupportedByShareConsumer) assert.ok(absentOption(name, 'shareConsumer'), name)
})

test('the copy of what Kafka has for clients is one', { skip }, () => {
  for (const client of ['producer', 'consumer', 'admin']) {
    const { configs }: { configs: Fact[] } = JSON.parse(readFileSync(new URL(`${client}-configs.json`, facts), 'utf8'))
    const copied = clientFacts.configs.filter(({ of }) => of.includes(client)).map(({ of: _, ...fact }) => fact)
    assert.deepEqual(copied, configs, client)
  }
})

function compare(table: Table, expected: readonly Fact[]): void {
  const names = Object.keys(table).filter((name) => !table[name]?.own)
  assert.deepEqual(names.sort(), expected.map(({ name }) => name).sort())
  for (const fact of expected) {
    const key = table[fact.name]
    assert.ok(key)
    assert.equal(key.type, fact.type.toLowerCase(), fact.name)
    assert.equal(key.importance, fact.importance.toLowerCase(), fact.name)
    assert.equal(key.internal, fact.internal ?? false, fact.name)
    if (fact.update) assert.equal(key.update, fact.update, fact.name)
    assert.equal(key.initial, defaultText(fact, key), fact.name)
    assert.ok(key.doc.length > 20, `${fact.name} needs a sentence`)
    compareValid(fact, key)
  }
}

function defaultText({ default: value, required }: Fact, key: Key): string | null | undefined {
  if (required) return undefined
  if (value === null || value === undefined) return null
  const text = Array.isArray(value) ? value.join(',') : String(value)
  return key.type === 'double' ? key.print('default', text) : text
}

/** The bounds in the facts are texts such as "[1,...,9] or -1": what lies on them must be taken, what lies beyond must not. */
function compareValid({ name, valid }: Fact, key: Key): void {
  if (typeof valid !== 'string') return
  const range = /^\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\](?: or (-?\d+))?$/.exec(valid)
  if (range) {
    const [, min, max, other] = range
    const step = key.type === 'double' ? 0.01 : 1
    assert.ok(takes(min), name)
    assert.ok(!takes(String(Number(min) - step)), name)
    if (max !== undefined) assert.ok(takes(max) && !takes(String(Number(max) + step)), name)
    if (other !== undefined) assert.ok(takes(other), name)
  }
  const words = /^(?:\(case insensitive\) )?\[([^.:]*)\]$/.exec(valid)
  if (words) {
    for (const word of words[1]?.split(', ') ?? []) assert.ok(takes(word), `${name}=${word}`)
    assert.ok(!takes('no-such-word'), name)
  }

  function takes(text: string | undefined): boolean {
    try {
      key.parse(name, text ?? '')
      return true
    } catch (thrown) {
      assert.ok(thrown instanceof ConfigError)
      return false
    }
  }
}
