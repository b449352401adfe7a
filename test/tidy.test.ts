// The house rules that a compiler does not know: who may import whom, who may touch the outside, how files are named.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'

/** What a room may import besides itself, and all that those may import. No arrow leads upwards. */
const rooms: Record<string, readonly string[]> = {
  base: [],
  platform: ['base'],
  config: ['base'],
  protocol: ['base'],
  assignors: ['base'],
  formats: ['base'],
  net: ['platform', 'config', 'protocol'],
  http: ['platform', 'config', 'protocol'],
  log: ['platform', 'config', 'protocol'],
  machine: ['platform', 'config', 'protocol'],
  // The server column.
  raft: ['log', 'machine'],
  metadata: ['machine'],
  coordinator: ['machine', 'metadata', 'assignors'],
  replication: ['log', 'net', 'metadata'],
  zookeeper: ['net', 'machine', 'metadata'],
  // It looks into the rooms of a node; they know nothing of it.
  metrics: ['coordinator', 'replication'],
  broker: ['raft', 'zookeeper', 'coordinator', 'replication', 'metrics', 'http'],
  // The client column: it meets the server on the wire alone.
  client: ['net', 'assignors', 'formats'],
  streams: ['client'],
  connect: ['client', 'http'],
  registry: ['client', 'http', 'formats'],
  console: ['client', 'http'],
  // Where the columns meet.
  cli: ['broker', 'streams', 'connect', 'registry', 'console'],
  testing: ['broker', 'streams', 'connect', 'registry'],
  'index.ts': ['broker'],
}

/** Names that only `platform/node` may use: clock, chance, timers, the process. */
const forbidden: readonly [pattern: RegExp, what: string][] = [
  [/\bDate\s*\.|\bnew Date\b|\bDate\(/, 'Date'],
  [/\bperformance\s*\./, 'performance'],
  [/\bMath\s*\.\s*random\b/, 'Math.random'],
  [/\bcrypto\s*\.\s*(random|getRandom)/, 'crypto.random...'],
  [/\b(setTimeout|setInterval|setImmediate)\b/, 'a timer'],
  [/(?<![.\w])process\s*\.\s*[a-z]/, 'process'],
]

/** Packages and Node's own modules that a file may import, by the start of its path. `platform/node` may import all of Node's. */
const packages: readonly [where: string, names: RegExp, why: string][] = [
  ['platform/node/', /^node:/, 'the real machine'],
  ['base/crc32c.ts', /^(node:module|@node-rs\/crc32)$/, 'CRC-32C in native code where it is installed'],
  [
    'protocol/compression/',
    /^(node:module|node:zlib|snappy|snappyjs|lz4-napi|@bokuweb\/zstd-wasm)$/,
    'codecs, in their synchronous form',
  ],
  ['net/sasl/', /^node:crypto$/, 'hashes, which depend on nothing but their input'],
  ['cli/', /^commander$/, 'words and flags'],
]

/** Deviations from the tables above: file, what it uses, why it may. */
const exceptions: readonly [file: string, what: string, why: string][] = [
  ['protocol/messages/records/group-coordinator.ts', '500 lines', 'one table of what one topic holds'],
]

const root = process.cwd()
const files = sourcesBelow('src')

test('the sources are here, and all of them lie in a known room', () => {
  assert.ok(files.length > 100, `only ${files.length} files; run from the project's folder`)
  const strangers = files.filter(({ room }) => !Object.hasOwn(rooms, room)).map(({ path }) => path)
  assert.deepEqual(strangers, [])
})

test('a room imports only the rooms below it', () => {
  const wrong = files.flatMap(({ path, room, imports }) =>
    imports
      .filter((name) => name.startsWith('.'))
      .map((name) => posix.join(dirname(path), name))
      .filter((target) => !reach(room).has(roomOf(target)) && !excepted(path, roomOf(target)))
      .map((target) => `${path} imports ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('only platform/node touches clock, chance, timers and process', () => {
  const wrong = files
    .filter(({ path }) => !path.startsWith('platform/node/'))
    .flatMap(({ path, code }) =>
      forbidden
        .filter(([pattern, what]) => pattern.test(withoutTexts(code)) && !excepted(path, what))
        .map(([, what]) => `${path} uses ${what}`),
    )
  assert.deepEqual(wrong, [])
})

test('packages and modules of Node are imported only where the table says', () => {
  const wrong = files.flatMap(({ path, imports }) =>
    imports
      .filter((name) => !name.startsWith('.') && !excepted(path, name))
      .filter((name) => !packages.some(([where, names]) => path.startsWith(where) && names.test(name)))
      .map((name) => `${path} imports ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('files have names in kebab-case, at most 500 lines, and nothing left to do', () => {
  const all = [...sourcesBelow('src', true), ...sourcesBelow('test', true), ...sourcesBelow('bench', true)]
  const wrong = all.flatMap(({ path, text }) => [
    ...(path.split('/').every((part) => /^[a-z0-9]+([-.][a-z0-9]+)*$/.test(part)) ? [] : [`${path}: name`]),
    ...(text.split('\n').length > 501 && !excepted(path, '500 lines') ? [`${path}: ${text.split('\n').length} lines`] : []),
    ...(/\b(TODO|FIXME)\b/.test(text) && !path.endsWith('tidy.test.ts') ? [`${path}: something to do`] : []),
  ])
  assert.deepEqual(wrong, [])
})

test('every exception is still needed, and says why', () => {
  for (const [file, , why] of exceptions) {
    assert.ok(
      files.some(({ path }) => path === file),
      `${file} is gone`,
    )
    assert.ok(why.length > 10, file)
  }
})

test('the rules see what they forbid', () => {
  const caught = [
    'Date.now()',
    'new Date()',
    'Math.random()',
    'setTimeout(x)',
    'process.exit()',
    'performance.now()',
    'crypto.randomBytes(1)',
  ]
  for (const code of caught)
    assert.ok(
      forbidden.some(([pattern]) => pattern.test(code)),
      code,
    )
  for (const code of [
    "x['process.roles']",
    '`new Date()`',
    'inProcess.x',
    'lastUpdate.y',
    'updateDate',
    'DateLike',
    'this.process.x',
  ]) {
    assert.ok(!forbidden.some(([pattern]) => pattern.test(withoutTexts(code))), code)
  }
  assert.deepEqual(codeOf("a // Date.now()\n/* new Date() */b 'http://x' c"), "a \nb 'http://x' c")
})

interface Source {
  readonly path: string
  readonly room: string
  readonly text: string
  /** Without comments. */
  readonly code: string
  readonly imports: readonly string[]
}

function sourcesBelow(folder: string, withTests = false): Source[] {
  let names: string[]
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  } catch {
    return [] // bench/ may not be there yet.
  }
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && (withTests || !name.endsWith('.test.ts')))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, folder, path), 'utf8')
      const code = codeOf(text)
      return { path, room: roomOf(path), text, code, imports: importsOf(code) }
    })
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? ''
}

/** Imports, re-exports, dynamic imports and require. */
function importsOf(code: string): string[] {
  return [...code.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()[ ]*'([^'\n]+)'/g)].map((found) => found[1] ?? '')
}

/** Comments out; texts stay, so that a `//` inside of one does not hide the rest of its line. */
function codeOf(text: string): string {
  return text.replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\/.*|\/\*[\s\S]*?\*\//g,
    (_, kept?: string) => kept ?? '',
  )
}

const withoutTexts = (code: string) => code.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''").replace(/`[^`$]*`/g, '``')

function reach(room: string, seen = new Set<string>()): Set<string> {
  if (seen.has(room)) return seen
  seen.add(room)
  for (const below of rooms[room] ?? []) reach(below, seen)
  return seen
}

const excepted = (path: string, what: string) => exceptions.some(([file, name]) => file === path && name === what)
