// The Dockerfile and the compose files name what is there, and set nothing that a broker does not know.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { loadConfig } from '../../src/config/index.ts'

interface Stage {
  readonly name: string | null
  readonly steps: readonly { readonly word: string; readonly text: string }[]
}

interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly ports?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}

const root = process.cwd()
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const judge = (name: string) => import(pathToFileURL(join(root, 'test/interop/container', name)).href)
const { parseYaml } = (await judge('yaml.mjs')) as { parseYaml(text: string): unknown }
const { parseDockerfile, copyOf } = (await judge('dockerfile.mjs')) as {
  parseDockerfile(text: string): readonly Stage[]
  copyOf(text: string): { readonly from: string | null; readonly sources: readonly string[]; readonly target: string }
}

const stages = parseDockerfile(read('deploy/Dockerfile'))
const copied = stages
  .flatMap(({ steps }) => steps.filter(({ word }) => word === 'COPY'))
  .map(({ text }) => copyOf(text))
  .filter(({ from }) => from === null)
const last = stages.at(-1)!
const said = (word: string) => last.steps.filter((step) => step.word === word).map(({ text }) => text)

/** Files of the project's folder that a source of COPY stands for. */
function filesOf(source: string): string[] {
  if (!source.includes('*')) return existsSync(join(root, source)) ? [source] : []
  const [before = '', after = ''] = basename(source).split('*')
  const names = readdirSync(join(root, posix.dirname(source))).filter((name) => name.startsWith(before) && name.endsWith(after))
  return names.map((name) => posix.join(posix.dirname(source), name))
}

test('what the Dockerfile copies is there, and reaches the build', () => {
  const let_in = new Set(
    read('deploy/Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1)),
  )
  const sources = copied.flatMap(({ sources }) => sources)
  for (const source of sources) assert.ok(filesOf(source).length > 0, `${source} is not there`)
  assert.deepEqual(new Set(sources), let_in)
})

test('the package that the image packs has all that it consists of', () => {
  const sources = new Set(copied.flatMap(({ sources }) => sources))
  const { files } = JSON.parse(read('package.json')) as { files: string[] }
  // dist/ is made of src/ by the scripts.
  for (const entry of files.filter((name) => !name.startsWith('dist/'))) assert.ok(sources.has(entry), `${entry} is packed`)
  for (const name of ['src', 'scripts', 'tsconfig.json', 'package.json', 'package-lock.json', 'LICENSE']) {
    assert.ok(sources.has(name), name)
  }
})

test('the scripts that the image names are among its files, and can be run', () => {
  const scripts = copied
    .filter(({ target }) => target === '/opt/odradek/docker/')
    .flatMap(({ sources }) => sources.flatMap(filesOf))
  const named = [...said('ENTRYPOINT'), ...said('HEALTHCHECK')].join(' ').matchAll(/"\/opt\/odradek\/docker\/([\w.-]+)"/g)
  const names = [...named].map(([, name]) => name!)
  assert.deepEqual(names, ['docker-entrypoint.sh', 'docker-healthcheck.sh'])
  for (const name of names) {
    assert.ok(scripts.includes(`deploy/${name}`), name)
    accessSync(join(root, 'deploy', name), constants.X_OK)
  }
  for (const path of scripts) {
    execFileSync('bash', ['-n', path], { cwd: root })
    for (const [, name] of read(path).matchAll(/^source ".*\/([\w.-]+)"$/gm)) assert.ok(scripts.includes(`deploy/${name}`), name)
  }
  assert.doesNotMatch(said('USER').join(), /root|^0/)
  assert.equal(said('VOLUME').join(), '/var/lib/kafka/data')
})

for (const name of readdirSync(join(root, 'deploy')).filter((file) => file.startsWith('compose'))) {
  const { services, volumes } = parseYaml(read(`deploy/${name}`)) as Compose
  const brokers = Object.entries(services).filter(([, { build }]) => build)

  test(`${name}: every broker is one that the configuration knows all of`, () => {
    assert.ok(brokers.length > 0)
    for (const [service, { build, environment }] of brokers) {
      assert.ok(existsSync(join(root, 'deploy', build!.context, build!.dockerfile)), service)
      const { warnings, quorum } = loadConfig({ profile: 'sample', env: withoutEntryPoint(environment) })
      assert.deepEqual(warnings, [], service)
      assert.equal(quorum.isAlone, brokers.length === 1)
    }
  })

  test(`${name}: addresses, volumes and neighbours are those of the file`, () => {
    const published = new Set(Object.values(services).flatMap(({ ports = [] }) => ports.map((pair) => pair.split(':').at(-2))))
    for (const [service, { environment, volumes: own = [], depends_on = [], ports = [] }] of Object.entries(services)) {
      for (const text of Object.values(environment)) {
        for (const [, host, port] of text.matchAll(/([A-Za-z][\w.-]*):(\d{2,5})(?=$|,)/g)) {
          if (host === 'localhost') assert.ok(published.has(port), `${service}: localhost:${port}`)
          else assert.ok(services[host!], `${service}: ${host}:${port}`)
        }
      }
      for (const volume of own) assert.ok(Object.hasOwn(volumes, volume.split(':')[0]!), `${service}: ${volume}`)
      for (const other of depends_on) assert.ok(services[other], `${service}: ${other}`)
      for (const pair of ports) assert.match(pair, /^127\.0\.0\.1:\d+:\d+$/, 'open to this machine alone')
    }
  })
}

test('the reader of compose files refuses what it does not know', () => {
  assert.deepEqual(parseYaml('a: &x\n  b: 1\nc:\n  <<: *x\n  d:\n    - "e:f"\n  b: 2\n'), {
    a: { b: '1' },
    c: { b: '2', d: ['e:f'] },
  })
  for (const text of ['a: {b: 1}', 'a: |', 'a: 1\na: 2', 'a:\n  b: 1\n c: 2', 'a: *x', 'a: b: c', '- a\nb: c']) {
    assert.throws(() => parseYaml(text), /^Error: line \d+: /, text)
  }
})

/** The variables that are the entry point's own; the rest go to the broker. */
function withoutEntryPoint(environment: Readonly<Record<string, string>>): Record<string, string> {
  const { KAFKA_CREATE_TOPICS: topics, ...rest } = environment
  if (topics !== undefined) assert.match(topics, /^[\w.-]+:\d+:\d+(:[a-z,]+)?$/)
  return rest
}
