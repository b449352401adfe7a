#!/usr/bin/env node
// Makes src/protocol/messages out of Kafka's own schema files:
//   node scripts/generate-messages.mjs ../shared/kafka/messages
// Names, types, versions, tags and initial values are taken over; descriptions are not. Run it again for a new version of Kafka, then read the diff.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..')
const OUT = join(PROJECT, 'src/protocol/messages')

/** The few 64-bit fields that must come back with every bit: they are bigint in our types. Everything else is a number. */
export const EXACT = new Set([
  'OffsetCommitRequest.topics.partitions.committedOffset',
  'TxnOffsetCommitRequest.topics.partitions.committedOffset',
  'OffsetFetchResponse.topics.partitions.committedOffset',
  'OffsetFetchResponse.groups.topics.partitions.committedOffset',
  'OffsetCommitValue.offset',
  'LegacyOffsetCommitValue.offset',
  'FetchRequest.topics.partitions.highWatermark',
])

const KEYS = 'The key begins with a 16-bit number, apiKey, that tells the kind of record; the value with its version.'

/** Where record schemas go, by the folder they come from; those of the group coordinator by the kind of group. */
const RECORD_FILES = [
  {
    area: 'group-coordinator',
    file: 'consumer-group',
    names: /^ConsumerGroup/,
    intro: 'Consumer groups (KIP-848) in __consumer_offsets.',
  },
  {
    area: 'group-coordinator',
    file: 'share-group',
    names: /^ShareGroup/,
    intro: 'Share groups (KIP-932) in __consumer_offsets.',
  },
  {
    area: 'group-coordinator',
    file: 'streams-group',
    names: /^StreamsGroup/,
    intro: 'Streams groups (KIP-1071) in __consumer_offsets.',
  },
  { area: 'group-coordinator', intro: `Committed offsets and classic groups in __consumer_offsets.\n// ${KEYS}` },
  { area: 'transaction-coordinator', intro: 'Records in __transaction_state.' },
  { area: 'share-coordinator', intro: `Records in __share_group_state.\n// ${KEYS}` },
  { area: 'metadata', intro: 'Records in __cluster_metadata; apiKey is the type that stands before the version.' },
  { area: 'raft', intro: 'The quorum-state file of a node that may vote.' },
  { area: 'storage', intro: "Producer snapshots, and the records of tiered storage's metadata topic; there apiKey is the type." },
  { area: 'streams', intro: 'What a Streams client tells its assignor in the subscription of a classic group.' },
  {
    area: 'clients',
    file: 'control',
    intro: 'Control records, the forwarded principal, and what consumers tell each other in a classic group.',
  },
]

/** All schemas below `dir`, as { area, ...schema }, in the order of area and name. */
export function readSchemas(dir) {
  const areas = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return areas.flatMap(({ name: area }) => {
    const files = readdirSync(join(dir, area)).filter((file) => file.endsWith('.json'))
    return files.sort().map((file) => ({ area, ...JSON.parse(withoutComments(readFileSync(join(dir, area, file), 'utf8'))) }))
  })
}

function withoutComments(text) {
  return text
    .replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (token) => (token.startsWith('"') ? token : ''))
    .replace(/,(\s*[\]}])/g, '$1')
}

/** Structs up to this many characters stand on one line. */
const ONE_LINE = 110

export const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1)
const kebab = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()

/** Both ends inclusive; null for no version. */
export function range(text) {
  if (text === undefined || text === 'none') return null
  const [, min, plus, max] = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  return { min: Number(min), max: plus ? 0x7fff : Number(max ?? min) }
}

const within = (inner, outer) => inner && outer && inner.min >= outer.min && inner.max <= outer.max
const both = (a, b) => ({ min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) })

/** The source of one message. `file` remembers which constructors and which common structs the file has already. */
class Printer {
  constructor(schema, file) {
    this.schema = schema
    this.file = file
    this.common = new Map((schema.commonStructs ?? []).map((struct) => [struct.name, struct]))
    this.commonNames = new Map()
  }

  call(name, ...args) {
    this.file.used.add(name)
    return `${name}(${args.filter((arg) => arg !== '').join(', ')})`
  }

  message() {
    const { name, apiKey, validVersions, flexibleVersions = 'none', fields = [] } = this.schema
    const head = [`name: '${name}'`, ...(apiKey === undefined ? [] : [`apiKey: ${apiKey}`]), `versions: '${validVersions}'`]
    if (flexibleVersions !== 'none') head.push(`flexible: '${flexibleVersions}'`)
    const valid = range(validVersions) ?? { min: 0, max: 0x7fff }
    const commons = this.commons()
    const table = `{ ${head.join(', ')}, fields: ${this.shape(fields, valid, name)} }`
    return `${commons}export const ${name} = ${this.call('message', table)}\nexport type ${name} = Infer<typeof ${name}>\n`
  }

  /** The structs that several fields share, as constants before the message; those that a struct itself needs come first. */
  commons() {
    const printed = []
    const print = (struct) => {
      if (this.commonNames.has(struct.name)) return
      for (const { type } of struct.fields) {
        const inner = this.common.get(type.replace('[]', ''))
        if (inner) print(inner)
      }
      const valid = both(range(struct.versions), range(this.schema.validVersions))
      const source = this.shape(struct.fields, valid, `${this.schema.name}.${struct.name}`)
      const { name, isNew } = this.file.nameCommon(lowerFirst(struct.name), lowerFirst(this.schema.name), source)
      this.commonNames.set(struct.name, name)
      if (isNew) printed.push(`const ${name} = ${source}\n\n`)
    }
    for (const struct of this.common.values()) print(struct)
    return printed.join('')
  }

  shape(fields, valid, path) {
    const lines = fields.map(
      (field) => `${lowerFirst(field.name)}: ${this.field(field, valid, `${path}.${lowerFirst(field.name)}`)}`,
    )
    const short = lines.join(', ')
    return short.length <= ONE_LINE ? `{ ${short} }` : `{\n${lines.join(',\n')},\n}`
  }

  field(field, valid, path) {
    const versions = range(field.versions ?? field.taggedVersions)
    if (field.taggedVersions && field.versions && field.taggedVersions !== field.versions)
      throw new Error(`${path}: tagged in a part of its versions`)
    const present = both(versions, valid)
    const options = [
      ...(within(valid, versions) ? [] : [`versions: '${field.versions ?? field.taggedVersions}'`]),
      ...this.initial(field),
      ...(String(field.ignorable) === 'true' ? ['ignorable: true'] : []),
    ]
    let source = this.typed(field, present, path, options.length ? `{ ${options.join(', ')} }` : '')
    if (EXACT.has(path)) source = this.call('exact', source, /^-?\d{16,}$/.test(field.default) ? `${field.default}n` : '')
    if (field.nullableVersions) source = this.call('nullable', source, this.nullableOptions(field, present))
    if (field.flexibleVersions === 'none') source = this.call('classic', source)
    if (field.tag !== undefined) source = this.call('tagged', field.tag, source)
    return source
  }

  nullableOptions(field, present) {
    const options = []
    if (!within(present, range(field.nullableVersions))) options.push(`versions: '${field.nullableVersions}'`)
    // A default of "null" is null. A JSON null is no default at all, so the field begins as it would otherwise.
    if (field.default !== 'null' && field.type !== 'records') options.push('initiallyNull: false')
    return options.length ? `{ ${options.join(', ')} }` : ''
  }

  /** The initial value as an option, where it is not the one that the type has anyway. */
  initial({ type, default: initial }) {
    if (initial === undefined || initial === null || initial === 'null' || initial === '') return []
    if (type === 'bool') return String(initial) === 'true' ? ['initial: true'] : []
    if (type === 'string') return [`initial: '${initial}'`]
    if (/^-?\d{16,}$/.test(initial)) return []
    return Number(initial) === 0 ? [] : [`initial: ${initial}`]
  }

  typed(field, present, path, options) {
    const { type, fields } = field
    if (type.startsWith('[]')) return this.call('array', this.item(type.slice(2), fields, present, path), options)
    return /^[A-Z]/.test(type) ? this.call('struct', this.item(type, fields, present, path), options) : this.call(type, options)
  }

  item(type, fields, present, path) {
    if (!/^[A-Z]/.test(type)) return this.call(type)
    return this.common.has(type) ? this.commonNames.get(type) : this.shape(fields, present, path)
  }
}

/** What one file has so far. */
class SourceFile {
  used = new Set()
  #commons = new Map()

  /** A name for a common struct: its own, or with its message's in front where the file has another struct of that name. */
  nameCommon(name, message, source) {
    const known = this.#commons.get(name)
    if (known === source) return { name, isNew: false }
    if (known !== undefined) return this.nameCommon(`${message}${name[0].toUpperCase()}${name.slice(1)}`, message, source)
    this.#commons.set(name, source)
    return { name, isNew: true }
  }
}

function write(path, intro, schemas) {
  const file = new SourceFile()
  const body = schemas.map((schema) => new Printer(schema, file).message()).join('\n')
  const schemaModule = `${'../'.repeat(path.split('/').length)}schema.ts`
  const imports = ['type Infer', ...[...file.used].sort()].join(', ')
  mkdirSync(dirname(join(OUT, path)), { recursive: true })
  writeFileSync(join(OUT, path), `// ${intro}\n\nimport { ${imports} } from '${schemaModule}'\n\n${body}`)
}

function generate(dir) {
  const schemas = readSchemas(dir)
  rmSync(OUT, { recursive: true, force: true })
  const files = []
  const add = (path, intro, found) => {
    write(path, intro, found)
    files.push(path)
  }

  const pairs = pairsOf(schemas)
  for (const [key, pair] of pairs) {
    const api = pair[0].name.replace(/Request$/, '')
    if (!isRemoved(pair)) add(`${kebab(api)}.ts`, `${api} (API ${key}).`, pair)
  }
  const removed = pairs.flatMap(([, pair]) => (isRemoved(pair) ? pair : []))
  add('removed.ts', 'APIs whose numbers are taken, but which Kafka no longer has in any version.', removed)
  const headers = schemas.filter(({ type }) => type === 'header')
  add('headers.ts', 'What stands before every request and response.', headers)
  const areas = new Map()
  for (const { area, file, intro, found } of recordFiles(schemas)) {
    add(`records/${file}.ts`, intro, found)
    const list = area === 'clients' ? 'control' : area
    areas.set(list, [...(areas.get(list) ?? []), ...found])
  }
  writeFileSync(
    join(OUT, 'all.ts'),
    `// Every schema and its type by name.\n\n${files.map((path) => `export * from './${path}'\n`).join('')}`,
  )
  writeFileSync(join(OUT, 'index.ts'), indexFile(pairs, headers, areas))
  execFileSync(join(PROJECT, 'node_modules/.bin/biome'), ['check', '--write', '--log-level=error', OUT], { stdio: 'inherit' })
}

/** What each file of records holds; the first that fits a schema gets it. */
function recordFiles(schemas) {
  const left = new Set(schemas.filter(({ type }) => !['request', 'response', 'header'].includes(type)))
  return RECORD_FILES.map(({ area, file = area, names = /./, intro }) => {
    const found = [...left].filter((schema) => schema.area === area && names.test(schema.name))
    for (const schema of found) left.delete(schema)
    return { area, file, intro, found }
  })
}

const isRemoved = ([request]) => request.validVersions === 'none'

/** [key, [request, response]] by ascending key. */
function pairsOf(schemas) {
  const requests = schemas.filter(({ type }) => type === 'request').sort((a, b) => a.apiKey - b.apiKey)
  return requests.map((request) => [
    request.apiKey,
    [request, schemas.find(({ type, apiKey }) => type === 'response' && apiKey === request.apiKey)],
  ])
}

const listName = (area) => `${area.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())}Records`

function list(name, doc, schemas) {
  const lines = schemas.map((schema) => `schemas.${schema.name},\n`).join('')
  return `/** ${doc} */\nexport const ${name}: readonly AnyMessage[] = [\n${lines}]\n`
}

function indexFile(pairs, headers, areas) {
  const rows = pairs.map(([, [request, response]]) => `[schemas.${request.name}, schemas.${response.name}],\n`).join('')
  const everyList = [...areas.keys()].map((area) => `...${listName(area)}`).join(', ')
  return [
    '// Every message of Kafka 4.2. Adding one is a file, a line in all.ts and a line here.\n',
    `import type { AnyMessage } from '../schema.ts'\nimport * as schemas from './all.ts'\n`,
    `/** Requests with their responses, by API key. */\nexport const apiMessages: readonly (readonly [AnyMessage, AnyMessage])[] = [\n${rows}]\n`,
    list('headers', 'What stands before every request and response.', headers),
    ...[...areas].map(([area, schemas]) => list(listName(area), `Schemas of the area "${area}".`, schemas)),
    `/** All of them. */\nexport const messages: readonly AnyMessage[] = [...apiMessages.flat(), ...headers, ${everyList}]\n`,
  ].join('\n')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const dir = process.argv[2]
  if (!dir) {
    console.error('usage: node scripts/generate-messages.mjs <folder with the schemas of Kafka>')
    process.exit(1)
  }
  generate(dir)
}
