// Every call of Java's admin client is there, under a name that a table tells. `npm run interop -- --only '^admin$'` compares the table with the jar.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Admin } from './admin.ts'

interface JavaCalls {
  /** Java's name, and ours; null where there is none. */
  readonly calls: Readonly<Record<string, string | null>>
  /** Methods that Java's does not have. */
  readonly ours: readonly string[]
}

const dir = join(process.cwd(), 'test/interop/admin')
const { calls, ours }: JavaCalls = JSON.parse(readFileSync(join(dir, 'java-calls.json'), 'utf8'))
const methods = Object.getOwnPropertyNames(Admin.prototype).filter((name) => name !== 'constructor')

test('each call of Java has a method, but for those about the metrics of the client itself', () => {
  const named = Object.entries(calls)
  assert.ok(named.length > 60)
  const missing = named.filter(([, name]) => name !== null && !methods.includes(name)).map(([java]) => java)
  assert.deepEqual(missing, [])
  const without = named.filter(([, name]) => name === null).map(([java]) => java)
  assert.deepEqual(without, ['metrics', 'registerMetricForSubscription', 'unregisterMetricFromSubscription'])
})

test('each method is one of Java, or stands in the list of those that Java does not have', () => {
  assert.deepEqual(
    methods.filter((name) => !Object.values(calls).includes(name) && !ours.includes(name)),
    [],
  )
})

test('each method is judged on real brokers', () => {
  const suites = readdirSync(dir).filter((name) => name.endsWith('.mjs'))
  const text = suites.map((name) => readFileSync(join(dir, name), 'utf8')).join('\n')
  const unjudged = methods.filter((name) => !new RegExp(`\\b(admin|alice|other)\\.${name}\\(`).test(text))
  assert.deepEqual(unjudged, [])
})

test('each method tells of itself what its function does', () => {
  const folder = join(process.cwd(), 'src/client/admin')
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const functions = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && name !== 'admin.ts')
    .flatMap((name) => docsOf(read(name), /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport (?:async )?function (\w+)\(\s*link: Link/g))
  const told = new Map(docsOf(read('admin.ts'), /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n {2}(\w+)\(\.\.\.rest: Rest</g))
  const known = functions.filter(([name]) => methods.includes(name))
  assert.ok(known.length > 50)
  for (const [name, doc] of known) assert.equal(told.get(name), doc, name)
})

const docsOf = (source: string, form: RegExp) =>
  [...source.matchAll(form)].map(([, doc, name]) => [name!, doc!.replace(/\n\s+\*/g, '\n *')] as const)
