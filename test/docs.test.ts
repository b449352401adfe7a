// What is generated is fresh, and what is written twice is the same.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { referencePages, withoutEffect } from '../src/cli/reference/index.ts'
import { version } from '../src/cli/version.ts'
import { brokerKeysWithoutEffect, groupKeysWithoutEffect, topicKeysWithoutEffect } from '../src/config/without-effect.ts'

const root = process.cwd()
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const sources = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name.replaceAll('\\', '/'), read(join('src', name))]),
)
const idle = withoutEffect(sources)

test('docs/reference is what the tables say', () => {
  for (const [path, text] of referencePages(idle)) assert.ok(read(path) === text, `${path} is stale: npm run docs`)
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
