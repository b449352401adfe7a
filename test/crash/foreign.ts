// What the judges of test/interop have already: brokers in processes of their own, programs of others, and how to get these. Plain
// JavaScript, so its types are told here.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Kind, Missing } from './campaign.ts'

export interface Child {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  readonly output: string
  readonly exited: unknown
  readonly stdin: { write(text: string): void }
  readonly ended: Promise<unknown>
  kill(signal: NodeJS.Signals): void
  destroy(): void
}

export interface BrokerChild {
  readonly pid: number
  readonly port: number
  readonly bootstrap: string
  readonly output: string
  /** The folder of its logs. */
  readonly dataDir: string
  readonly child: Child
  stop(graceMs?: number): Promise<{ readonly signal: string | null; readonly ms: number }>
  kill(): Promise<void>
}

export interface BrokerSettings {
  readonly kind?: Kind
  readonly readyMs?: number
  readonly dir: string
  readonly port?: number
  readonly host?: string
  /** Properties; undefined takes one away that a single node would have. */
  readonly overrides?: Readonly<Record<string, string | undefined>>
  readonly env?: NodeJS.ProcessEnv
  /** A command that runs the broker's. */
  readonly through?: readonly string[]
  readonly onSpawn?: (pid: number) => void
}

interface Brokers {
  readonly ourCommand: string
  startBroker(settings: BrokerSettings): Promise<BrokerChild>
  freePort(): Promise<number>
}

export interface Processes {
  start(command: string, args: readonly string[], options?: { input?: string | null; onLine?: (line: string) => void }): Child
}

interface Cache {
  readonly versions: { readonly confluentKafka: string; readonly zookeeper: readonly string[] }
  pythonWith(name: string, packages: readonly string[]): Promise<string>
  kafkaLibs(): Promise<string>
  zookeeperLibs(version: string): Promise<string>
}

export interface Ensemble {
  /** As zookeeper.connect says it. */
  readonly connect: string
  leader(): Promise<{ kill(): Promise<void>; restart(): Promise<void> }>
  stop(): Promise<void>
}

interface ZooKeepers {
  startEnsemble(settings: { libs: string; dir: string; count: number }): Promise<Ensemble>
}

const load = <T>(name: string) => import(new URL(`../../../test/interop/lib/${name}.mjs`, import.meta.url).href) as Promise<T>

export const brokers = () => load<Brokers>('brokers')
export const processes = () => load<Processes>('processes')

/** The path of a Python that has librdkafka's client. Throws Missing. */
export async function pythonWithClient(): Promise<string> {
  if (spawnSync('python3', ['--version']).status !== 0)
    throw new Missing('the foreign client needs python3 with its venv module: install Python 3.9 or newer')
  const { pythonWith, versions } = await load<Cache>('cache')
  try {
    const python = await pythonWith('confluent-kafka', [`confluent-kafka==${versions.confluentKafka}`])
    if (!existsSync(python)) throw new Error(`${python} is not there`)
    return python
  } catch (cause) {
    throw new Missing(
      `python3 is here, but confluent-kafka could not be installed; it takes the venv module and a way to a package index: ${cause}`,
    )
  }
}

/** Makes sure that Apache Kafka is there, once for all who start it. Throws Missing. */
export async function apache(): Promise<void> {
  requireJava('Apache Kafka')
  const { kafkaLibs } = await load<Cache>('cache')
  await kafkaLibs()
}

function requireJava(what: string): void {
  for (const program of ['java', 'mvn'])
    if (spawnSync(program, ['-version']).status !== 0) throw new Missing(`${what} needs ${program}: install a JDK and Maven`)
}

/** What starts an ensemble of three servers of the newest version in a folder. Throws Missing. */
export async function zookeeper(): Promise<{ version: string; start: (dir: string) => Promise<Ensemble> }> {
  requireJava('ZooKeeper')
  const { versions, zookeeperLibs } = await load<Cache>('cache')
  const version = versions.zookeeper.at(-1)!
  const libs = await zookeeperLibs(version)
  const { startEnsemble } = await load<ZooKeepers>('zookeeper')
  return { version, start: (dir) => startEnsemble({ libs, dir, count: 3 }) }
}
