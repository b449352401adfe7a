// What is published, as others get it: the bundle in dist/, its declarations, the tarball's list, and the examples that use them by name.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { transform } from 'esbuild'

const root = process.cwd()
const {
  exports: entries,
  files,
  bin,
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>
  files: string[]
  bin: Record<string, string>
}
const subpaths = Object.entries(entries).flatMap(([name, target]) => (typeof target === 'string' ? [] : [{ name, ...target }]))
const runFile = promisify(execFile)

/** Runs Node in the project's folder, where the package knows itself by its name; gives what it printed. */
async function node(...args: string[]): Promise<string> {
  // A runner of tests that is started by another one would do nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await runFile(process.execPath, args, { cwd: root, timeout: 60_000, env })
  return stdout.trim()
}

test('every subpath can be imported and required, and is the same either way', async () => {
  for (const { name } of subpaths) {
    const specifier = JSON.stringify(posix.join('odradek', name))
    // What stands for the whole of a CommonJS module is no name of it.
    const names = `Object.keys(await import(${specifier})).filter((name) => !/^(default|module.exports)$/.test(name))`
    const imported = await node('--input-type=module', '-e', `console.log(${names}.sort().join())`)
    const required = await node('-e', `console.log(Object.keys(require(${specifier})).sort().join())`)
    assert.ok(imported.length > 0)
    assert.equal(required.replace(/(^|,)__esModule\b/, ''), imported)
  }
})

test('the facade of KafkaJS is CommonJS, and so are its declarations, which need no others', () => {
  assert.equal(JSON.parse(readFileSync(join(root, 'dist/kafkajs/package.json'), 'utf8')).type, 'commonjs')
  for (const path of declarationsFrom('dist/kafkajs/index.d.ts')) assert.match(path, /^dist\/kafkajs\//)
})

test('the member package says which KafkaJS it stands for, so that others take it for that, and needs this version of the project', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const member = JSON.parse(readFileSync(join(root, 'packages/kafkajs/package.json'), 'utf8'))
  assert.match(member.version, /^2\.2\.4\d\d$/) // 2.2.4, and a number of our own
  assert.deepEqual(member.dependencies, { odradek: version })
})

test('codecs of the bundle are compiled, and errors and stacks have the names of the sources', async () => {
  const program = `
    import { ByteReader, ByteWriter, codec, KafkaError, HeartbeatRequest } from 'odradek/protocol'
    const heartbeat = codec(HeartbeatRequest, 4)
    const writer = new ByteWriter()
    heartbeat.write(writer, { groupId: 'g', generationId: 3, memberId: 'm' })
    const { groupId, generationId } = heartbeat.read(new ByteReader(Buffer.concat(writer.chunks())))
    let stack
    try { new ByteReader(new Uint8Array(0)).int32() } catch (thrown) { stack = thrown.stack }
    console.log(JSON.stringify([groupId, generationId, heartbeat.read.name, KafkaError.name, stack]))`
  const [groupId, generationId, reader, error, stack] = JSON.parse(await node('--input-type=module', '-e', program)) as string[]
  assert.deepEqual([groupId, generationId, error], ['g', 3, 'KafkaError'])
  assert.match(reader!, /^HeartbeatRequest/)
  assert.match(stack!, /^MalformedBytes: .*\n(.*\n)? +at ByteReader\.int32 /)
})

test('the command tells its version and its help', async () => {
  const command = join(root, bin['odradek']!)
  assert.match(await node(command, '--version'), /^\d+\.\d+\.\d+/)
  assert.match(await node(command, '--help'), /\bstart\b/)
})

test('the programs are files of ASCII characters without import(), whose classes have their own names', () => {
  for (const [name, known] of [
    ['main', /\bLog = class \{/],
    ['tools', /\bCluster = class \{/],
  ] as const) {
    const text = readFileSync(join(root, `dist/cli/${name}.cjs`), 'latin1')
    assert.doesNotMatch(text, /[\x80-\xff]/)
    assert.doesNotMatch(text, /\bimport\((?!url\)\.then)/) // that one is a text, for another process
    assert.doesNotMatch(text, /= class _\w/)
    assert.match(text, known)
  }
})

test('a broker that serves keeps what it compiled beside the program', { timeout: 60_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-package-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(dir, name), { recursive: true })
  rmSync(join(dir, 'dist/cli/code-cache'), { recursive: true, force: true })
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  const overrides = ['listeners=PLAINTEXT://127.0.0.1:0', 'metrics.port=0', `log.dirs=${join(dir, 'data')}`]
  const broker = spawn(process.execPath, [join(dir, bin['odradek']!), 'start', ...overrides.flatMap((each) => ['-o', each])])
  t.after(() => broker.kill('SIGKILL'))
  let complaints = ''
  broker.stderr.on('data', (text) => (complaints += text))
  const keepsIt = () => {
    const folder = join(dir, 'dist/cli/code-cache')
    return existsSync(folder) && readdirSync(folder).some((name) => /^main-v[\d.]+-\w+-[0-9a-f]+$/.test(name))
  }
  while (!keepsIt()) {
    assert.equal(broker.exitCode, null, complaints)
    await setTimeout(50)
  }
  broker.kill('SIGTERM')
  assert.deepEqual(await once(broker, 'exit'), [0, null])
})

test('the tarball holds programs and the declarations that they need, and nothing of the tests', () => {
  const packed = new Set(filesPacked())
  for (const { types, default: program } of subpaths) {
    assert.ok(packed.has(posix.normalize(program)), program)
    for (const path of declarationsFrom(posix.normalize(types))) assert.ok(packed.has(path), `${path} is imported and not packed`)
  }
  for (const path of packed) assert.doesNotMatch(path, /\.test\.|\.map$|(^|\/)test\/|\.ts$(?<!\.d\.ts)/)
  const programs = [...packed].filter((path) => /\.c?js$/.test(path) && !path.startsWith('bin/'))
  assert.ok(packed.has('dist/cli/main.cjs'))
  assert.ok(programs.length < 20, `${programs.length} files of programs: the bundle fell apart`)
  for (const path of programs) assert.doesNotMatch(readFileSync(join(root, path), 'utf8'), /\.\.\/shared|from "node:test"/)
})

for (const name of readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.mjs'))) {
  test(`examples/${name} runs`, async () => {
    assert.notEqual(await node(join(root, 'examples', name)), '')
  })
}

test('the examples of odradek/testing with node:test run', async (t) => {
  const folder = join(root, 'examples/testing/node')
  const dir = mkdtempSync(join(root, 'build', 'examples-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const names = readdirSync(folder)
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8')
    // `await using` as bundlers and test runners make it for a Node that has none.
    const code = name.endsWith('.ts') ? (await transform(text, { loader: 'ts', target: 'node20.19' })).code : text
    writeFileSync(join(dir, name.replace(/\.ts$/, '.mjs')), code)
  }
  const report = await node('--test', '--test-reporter=tap', ...readdirSync(dir).map((name) => join(dir, name)))
  const count = names.reduce((sum, name) => sum + readFileSync(join(folder, name), 'utf8').split('\ntest(').length - 1, 0)
  assert.ok(count > 8)
  assert.match(report, new RegExp(`^# pass ${count}$`, 'm'))
})

test('the programs of docs/testing.md stand in examples that run', () => {
  const folder = join(root, 'examples/testing')
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(mjs|ts)$/.test(name))
    .map((name) => spaceless(readFileSync(join(folder, name), 'utf8')))
  const programs = [...readFileSync(join(root, 'docs/testing.md'), 'utf8').matchAll(/```(?:js|ts)\n(.*?)```/gs)]
  assert.ok(programs.length > 8)
  for (const [, program = ''] of programs) {
    assert.ok(
      texts.some((text) => text.includes(spaceless(program))),
      `no example has this: ${program}`,
    )
  }
})

/** Line by line, without what stands before and behind. */
const spaceless = (text: string) => text.replace(/^\s+|\s+$/gm, '')

/** What `files` of package.json names, of what lies in dist/; npm itself takes seconds to say so. */
function filesPacked(): string[] {
  const below = (dir: string) =>
    readdirSync(join(root, dir), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => posix.join(entry.parentPath.slice(root.length).replaceAll('\\', '/').replace(/^\//, ''), entry.name))
  const patterns = files
    .filter((pattern) => pattern.startsWith('dist/'))
    .map(
      (pattern) =>
        new RegExp(
          `^${pattern
            .replaceAll('.', '\\.')
            .replace('**/*', '.+')
            .replace(/(?<!\.)\*/g, '[^/]+')}$`,
        ),
    )
  return below('dist').filter((path) => patterns.some((pattern) => pattern.test(path)))
}

/** A declaration file and all that it imports. */
function declarationsFrom(first: string): Set<string> {
  const found = new Set([first])
  for (const path of found) {
    assert.ok(existsSync(join(root, path)), `${path} does not exist`)
    for (const [, target = ''] of readFileSync(join(root, path), 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)) {
      found.add(posix.join(dirname(path), target).replace(/(\.d)?\.[jt]s$/, '.d.ts'))
    }
  }
  return found
}
