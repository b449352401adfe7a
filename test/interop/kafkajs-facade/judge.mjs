/** The facade under the name of KafkaJS, packed and installed as programs would: its documentation's examples, programs and libraries on it, its types. */
import assert from 'node:assert/strict'
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { securedKafka } from '../client/secured.mjs'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { versions } from '../lib/cache.mjs'
import { must, run } from '../lib/processes.mjs'

const overrides = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '5',
}
const NEST = '11.1.9'
const packages = [
  `@nestjs/common@${NEST}`,
  `@nestjs/core@${NEST}`,
  `@nestjs/microservices@${NEST}`,
  '@types/node@20.19.43',
  'reflect-metadata@0.2.2',
  'rxjs@7.8.2',
  'typescript@5.9.3',
]
const examples = ['producing', 'consuming', 'admin', 'watching', 'mixed', 'transactions']

export const judge = {
  name: 'kafkajs-facade',
  about: `odradek/kafkajs as the package kafkajs, on Apache Kafka and on ours: the examples of KafkaJS ${versions.kafkajs}, groups with it, NestJS, its types`,
  needs: ['npm', 'java', 'mvn', 'openssl'],
  startsBrokers: true,
  minutes: 20,

  install: installTools,

  async run({ report, workDir, startBroker, kind, options, tools }) {
    let app
    const install = async () => {
      app = await installed(workDir)
    }
    await report.test('packed, and installed in place of KafkaJS', install, { timeoutMs: 600_000 })
    if (!app) return
    await judgeTypes(report, app)
    await report.test('a NestJS microservice is compiled', () => compiled(app.dir, nest, ['microservice.ts']))
    for (const each of kind === 'apache' ? ['apache'] : ['ours', 'apache']) {
      const broker = await startBroker({ kind: each, overrides, readyMs: 180_000 })
      await judgePrograms(report, app, each, broker.bootstrap)
      // The examples are those of KafkaJS: what they say is held against itself.
      if (each === 'apache' && options.whole)
        await judgePrograms(report, app, 'kafkajs itself', broker.bootstrap, { isControl: true })
      await broker.stop()
    }
    await judgeSecurity(report, app, { tools, startBroker, workDir })
  },
}

/** An application whose dependency `kafkajs` is the member package, whose dependency is the project's tarball; KafkaJS itself stands beside it. */
async function installed(workDir) {
  const app = join(workDir, 'app')
  mkdirSync(app)
  for (const dir of [projectDir, join(projectDir, 'packages/kafkajs')])
    await must('npm', ['pack', '--pack-destination', workDir], { cwd: dir, timeoutMs: 300_000 })
  const tarball = (name) =>
    join(
      workDir,
      readdirSync(workDir).find((each) => each.startsWith(name) && each.endsWith('.tgz')),
    )
  // A library that wants KafkaJS beside it: npm refuses it where the version does not fit.
  const plugin = join(workDir, 'plugin')
  mkdirSync(plugin)
  const peerDependencies = { kafkajs: `^${versions.kafkajs}` }
  writeFileSync(join(plugin, 'package.json'), JSON.stringify({ name: 'plugin-of-kafkajs', version: '1.0.0', peerDependencies }))
  await must('npm', ['pack', '--pack-destination', workDir], { cwd: plugin, timeoutMs: 60_000 })
  const dependencies = {
    kafkajs: `file:${tarball('odradek-kafkajs-')}`,
    odradek: `file:${tarball('odradek-0')}`,
    'plugin-of-kafkajs': `file:${tarball('plugin-of-kafkajs-')}`,
  }
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name: 'app', private: true, dependencies, overrides: { odradek: '$odradek' } }),
  )
  const original = `kafkajs-original@npm:kafkajs@${versions.kafkajs}`
  await must('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...packages, original], {
    cwd: app,
    timeoutMs: 300_000,
  })
  cpSync(join(import.meta.dirname, 'examples'), app, { recursive: true })
  for (const name of ['mixed.cjs', 'types/program.cts', 'types/assignable.cts', 'nest/microservice.cts'])
    copyFileSync(join(import.meta.dirname, name), join(app, name.split('/').at(-1).replace('.cts', '.ts')))
  for (const name of ['admin.mjs', 'end-to-end.mjs']) copyFileSync(join(import.meta.dirname, '../kafkajs', name), join(app, name))
  // The same programs with KafkaJS itself as `kafkajs`.
  const control = join(workDir, 'control')
  mkdirSync(join(control, 'node_modules'), { recursive: true })
  for (const name of ['kafkajs', 'kafkajs-original'])
    cpSync(join(app, 'node_modules/kafkajs-original'), join(control, 'node_modules', name), { recursive: true })
  cpSync(join(import.meta.dirname, 'examples'), control, { recursive: true })
  return { dir: app, control }
}

const compilers = {
  'node10, CommonJS': { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '5.0' },
  'nodenext, CommonJS': { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

const nest = {
  ...compilers['node10, CommonJS'],
  target: 'es2022',
  types: ['node'],
  strict: true,
  esModuleInterop: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  outDir: 'built',
}

async function judgeTypes(report, { dir }) {
  const shared = {
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    esModuleInterop: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
  }
  const theirs = { baseUrl: '.', paths: { kafkajs: ['./node_modules/kafkajs-original/types/index.d.ts'] } }
  await report.test("types: the program compiles against KafkaJS's own", () =>
    compiled(dir, { ...shared, ...compilers['node10, CommonJS'], ...theirs }, ['program.ts']),
  )
  for (const name of ['node10, CommonJS', 'bundler'])
    await report.test(`types: the program compiles against ours (${name})`, () =>
      compiled(dir, { ...shared, ...compilers[name] }, ['program.ts']),
    )
  // Three questions and one compilation.
  const theirNames = readFileSync(join(dir, 'node_modules/kafkajs-original/types/index.d.ts'), 'utf8')
  const names = [...theirNames.matchAll(/^export (?:type|interface|class|enum|const|var) (\w+)/gm)].map(([, name]) => name)
  const list = `{ ${names.join(', ')} }`
  writeFileSync(join(dir, 'names.ts'), `import type ${list} from 'kafkajs'\nexport type ${list}\n`)
  const files = ['program.ts', 'assignable.ts', 'names.ts']
  const lines = await complaints(dir, { ...shared, ...compilers['nodenext, CommonJS'] }, files)
  const speaksOf = (line, file) => line.startsWith(`${file}(`)
  const none = (wanted) => assert.equal(lines.filter(wanted).join('\n'), '')
  await report.test('types: the program compiles against ours (nodenext, CommonJS)', () =>
    none((line) => !speaksOf(line, 'assignable.ts') && !speaksOf(line, 'names.ts')),
  )
  await report.test('types: ours go where theirs are wanted, and the other way round', () =>
    none((line) => speaksOf(line, 'assignable.ts')),
  )
  await report.test('types: every name of theirs is a name of ours', () => {
    assert.ok(names.length > 100, `${names.length} names`)
    none((line) => speaksOf(line, 'names.ts'))
  })
  await report.test('import and require give the same classes', async () => {
    const program = `
      import kafkajs, { Kafka, KafkaJSError } from 'kafkajs'
      import * as facade from 'odradek/kafkajs'
      import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)('kafkajs')
      if (kafkajs.Kafka !== Kafka || required.Kafka !== Kafka || facade.Kafka !== Kafka) throw new Error('there are two of it')
      if (!(new required.KafkaJSProtocolError('x') instanceof KafkaJSError)) throw new Error('another family')`
    await must(process.execPath, ['--input-type=module', '-e', program], { cwd: dir })
  })
}

async function compiled(dir, compilerOptions, files) {
  assert.equal((await complaints(dir, compilerOptions, files)).join('\n').slice(0, 2000), '')
}

/** What the compiler says; a line that begins with a blank belongs to the one before it. */
async function complaints(dir, compilerOptions, files) {
  const config = join(dir, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  const { code, stdout } = await run(join(dir, 'node_modules/.bin/tsc'), ['-p', config], { cwd: dir, timeoutMs: 120_000 })
  const lines = stdout.split(/\n(?! )/).filter((line) => line !== '')
  return code === 0 || lines.length > 0 ? lines : [`tsc ended with ${code}`]
}

async function judgePrograms(report, { dir, control }, kind, bootstrap, { isControl = false } = {}) {
  const without = kind === 'ours' ? ['transactions'] : []
  for (const name of examples.filter((each) => !without.includes(each) && !(isControl && each === 'mixed'))) {
    const cwd = isControl ? control : dir
    await judgeProgram(report, `${kind}: ${name}`, [`${name}.cjs`, bootstrap], cwd)
  }
  if (isControl) return
  await judgeProgram(report, `${kind}: end-to-end`, ['end-to-end.mjs', bootstrap], dir)
  await judgeProgram(report, `${kind}: a NestJS microservice`, ['built/microservice.js', bootstrap], dir)
}

/** TLS and logins, on Apache Kafka: ours has them later. */
async function judgeSecurity(report, { dir }, { tools, startBroker, workDir }) {
  const runner = new ToolRunner(tools)
  try {
    const { broker, ports, files } = await securedKafka(startBroker, runner, join(workDir, 'secured'))
    writeFileSync(join(dir, 'scene.json'), JSON.stringify({ ports, files }))
    await judgeProgram(report, 'apache: secured', ['secured.cjs', broker.bootstrap], dir)
    await broker.stop()
  } finally {
    runner.close()
  }
}

/** Each line "  pass|fail NAME" that it prints is an outcome, and so is how it ends. */
async function judgeProgram(report, name, args, cwd) {
  const { code, stdout, stderr } = await run(process.execPath, args, {
    cwd,
    timeoutMs: 240_000,
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  const lines = stdout.replace(
    /^( {2}(?:pass|fail) )(\S+)/gm,
    (_, begin, step) => `${begin}${name.replace(/[ :]+/g, '-')}/${step}`,
  )
  report.takeLines(lines)
  report.record(`${name} ends well`, code === 0 ? 'passed' : 'failed', code === 0 ? '' : `${stderr}${stdout}`.slice(-1500))
}
