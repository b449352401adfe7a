// Our tables against Kafka's own schema files, field by field and version by version. Runs where the facts lie beside the project.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ZERO_UUID } from '../../src/base/uuid.ts'
import { apis } from '../../src/protocol/api.ts'
import { errors } from '../../src/protocol/errors.ts'
import { messages } from '../../src/protocol/messages/index.ts'
import { type Member, type Plan, planOf, type Type, versionsOf } from '../../src/protocol/plan.ts'

const facts = ['../../../../shared/kafka/', '../../../shared/kafka/']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(new URL('messages/', url)))
const skip = facts ? false : 'the facts of Kafka 4.2 (../shared/kafka) are not here'

interface FieldFact {
  name: string
  type: string
  versions?: string
  nullableVersions?: string
  taggedVersions?: string
  flexibleVersions?: string
  tag?: number
  default?: string | boolean | number | null
  ignorable?: boolean | string
  fields?: FieldFact[]
}

interface SchemaFact {
  name: string
  apiKey?: number
  validVersions: string
  flexibleVersions?: string
  fields?: FieldFact[]
  commonStructs?: { name: string; fields: FieldFact[] }[]
}

function readJson(text: string) {
  const plain = text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (token) => (token.startsWith('"') ? token : ''))
  return JSON.parse(plain.replace(/,(\s*[\]}])/g, '$1'))
}

function schemaFacts(): SchemaFact[] {
  const dir = new URL('messages/', facts)
  const paths = readdirSync(dir, { recursive: true }).map(String)
  return paths
    .filter((path) => path.includes('/') && path.endsWith('.json'))
    .map((path) => readJson(readFileSync(new URL(path, dir), 'utf8')))
}

/** Whether a range such as "0-3", "5+" or "none" has the version. */
function has(range: string | undefined, version: number): boolean {
  const [, min, plus, max] = /^(\d+)(?:(\+)|-(\d+))?$/.exec(range ?? 'none') ?? []
  if (min === undefined) return false
  return version >= Number(min) && (plus !== undefined || version <= Number(max ?? min))
}

const lowerFirst = (name: string) => name[0]!.toLowerCase() + name.slice(1)

/** The 64-bit fields that we read as bigint instead of number. */
const EXACT =
  /^(OffsetCommitRequest|TxnOffsetCommitRequest|OffsetFetchResponse)\..*committedOffset$|^(Legacy)?OffsetCommitValue\.offset$|^FetchRequest\..*highWatermark$/

/** One version of one schema file, walked next to our plan of it. */
class Comparison {
  readonly #schema: SchemaFact
  readonly #version: number
  readonly #flexible: boolean

  constructor(schema: SchemaFact, version: number) {
    this.#schema = schema
    this.#version = version
    this.#flexible = has(schema.flexibleVersions, version)
  }

  struct(plan: Plan, fields: readonly FieldFact[], isPresent = true): void {
    assert.equal(plan.flexible, this.#flexible, plan.path)
    assert.deepEqual(
      plan.members.map(({ name }) => name),
      fields.map(({ name }) => lowerFirst(name)),
      plan.path,
    )
    for (const [i, fact] of fields.entries()) this.#field(plan.members[i]!, fact, isPresent)
    const tags = plan.tagged.map(({ tag }) => tag)
    assert.deepEqual(
      tags,
      [...tags].sort((a, b) => a - b),
      plan.path,
    )
  }

  #field(member: Member, fact: FieldFact, isPresent: boolean): void {
    const where = `${member.path} in version ${this.#version}`
    const versions = fact.versions ?? fact.taggedVersions
    const present = isPresent && has(versions, this.#version)
    // What lies inside an absent struct is never looked at, so its own versions do not matter there.
    if (isPresent) {
      const isTagged = present && has(fact.taggedVersions, this.#version)
      assert.equal(member.place, isTagged ? 'tagged' : present ? 'wire' : 'absent', where)
    }
    assert.equal(member.tag, fact.tag ?? -1, where)
    assert.equal(member.ignorable, String(fact.ignorable) === 'true', where)
    assert.deepEqual(member.initial, this.#initial(fact, member), where)
    this.#type(member.type, fact, fact.type, member.path, present)
  }

  #type(type: Type, fact: FieldFact, name: string, path: string, present: boolean): void {
    const where = `${path} in version ${this.#version}`
    if ('nullable' in type && name === fact.type && present) {
      assert.equal(type.nullable, has(fact.nullableVersions, this.#version), `${where}: nullable`)
    }
    if ('compact' in type) assert.equal(type.compact, this.#flexible && fact.flexibleVersions !== 'none', `${where}: compact`)
    if (name.startsWith('[]')) {
      assert.ok(type.kind === 'array', where)
      this.#type(type.item, fact, name.slice(2), path, present)
    } else if (/^[A-Z]/.test(name)) {
      assert.ok(type.kind === 'struct', where)
      this.struct(type.plan, this.#fieldsOf(fact, name), present)
    } else {
      assert.equal(type.kind, EXACT.test(path) ? 'exactInt64' : name, where)
    }
  }

  #fieldsOf(fact: FieldFact, name: string): readonly FieldFact[] {
    const common = this.#schema.commonStructs?.find((struct) => struct.name === name)
    return fact.fields ?? common!.fields
  }

  #initial(fact: FieldFact, { path }: { path: string }): unknown {
    const { type, default: initial } = fact
    if (initial === 'null') return null
    if (type.startsWith('[]')) return []
    if (type === 'records') return null
    if (type === 'bytes') return new Uint8Array(0)
    if (type === 'string') return initial ?? ''
    if (type === 'bool') return String(initial) === 'true'
    if (type === 'uuid') return ZERO_UUID
    if (type === 'int64' && EXACT.test(path)) return BigInt(initial ?? 0)
    if (!/^[A-Z]/.test(type)) return Number(initial ?? 0)
    const inner = this.#fieldsOf(fact, type).map((field) => [
      lowerFirst(field.name),
      this.#initial(field, { path: `${path}.${lowerFirst(field.name)}` }),
    ])
    return Object.fromEntries(inner)
  }
}

test('every schema of Kafka is one of our messages, with the same fields in every version', { skip }, () => {
  const ours = new Map(messages.map((message) => [message.name, message]))
  const schemas = schemaFacts()
  assert.equal(schemas.length, 280)
  assert.deepEqual([...ours.keys()].sort(), schemas.map(({ name }) => name).sort())
  for (const schema of schemas) {
    const message = ours.get(schema.name)!
    assert.equal(message.apiKey, schema.apiKey ?? null, schema.name)
    assert.equal(message.versions, schema.validVersions, schema.name)
    assert.equal(message.flexible, schema.flexibleVersions ?? 'none', schema.name)
    const { min, max } = versionsOf(message)
    for (let version = min; version <= max; version++) {
      new Comparison(schema, version).struct(planOf(message, version), schema.fields!)
    }
  }
})

interface ApiFact {
  key: number
  name: string
  min: number | null
  max: number | null
  minActuallyServed?: number
  listeners: string[]
  forwardedToController: boolean
}

test('every API of Kafka has a row with its key, versions and listeners', { skip }, () => {
  const rows: ApiFact[] = JSON.parse(readFileSync(new URL('api-versions.json', facts), 'utf8')).apis
  const expected = rows.map(({ key, name, min, max, minActuallyServed, listeners, forwardedToController }) => ({
    ...{ key, name, listeners, forwarded: forwardedToController },
    served: min === null ? 'none' : `${minActuallyServed ?? min}-${max}`,
    advertised: min === null ? 'none' : `${min}-${max}`,
  }))
  const range = ({ min, max }: { min: number; max: number }) => (max < min ? 'none' : `${min}-${max}`)
  const ours = apis.map(({ key, name, listeners, forwarded, served, advertised }) => {
    return { key, name, listeners, forwarded, served: range(served), advertised: range(advertised) }
  })
  assert.deepEqual(ours, expected)
})

test('every error of Kafka is in the table with its number and whether a retry may help', { skip }, () => {
  const rows: { code: number; name: string; retriable: boolean }[] = JSON.parse(
    readFileSync(new URL('errors.json', facts), 'utf8'),
  ).errors
  assert.equal(rows.length, 135)
  assert.deepEqual(
    errors.map(({ code, name, retriable }) => ({ code, name, retriable })),
    rows.map(({ code, name, retriable }) => ({ code, name, retriable })),
  )
})
