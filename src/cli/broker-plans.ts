// What `odradek start --brokers 3` makes of what was typed for one broker: the overrides and the environment of each process.

import { clusterIdOf, planCluster } from '../broker/cluster-plan.ts'
import { fromEnvironment } from '../config/environment.ts'
import type { LoadedConfig } from '../config/index.ts'
import type { StartArguments } from './start.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage.ts'

const MOST_BROKERS = 100
const MAX_PORT = 65_535

/** Throws UsageError for a word that is no count of brokers. */
export function countOfBrokers(word: string): number {
  const count = Number(word)
  if (/^\d+$/.test(word) && count >= 1 && count <= MOST_BROKERS) return count
  throw new UsageError(`--brokers ${word} is not valid; allowed: 1 to ${MOST_BROKERS}`)
}

/** What one of the processes is told. */
export interface NodePlan {
  readonly overrides: ReadonlyMap<string, string>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** One for each node. Throws UsageError for what cannot be a cluster on one machine, and an Error where the directories are not of one cluster. */
export async function planBrokers(
  count: number,
  typed: StartArguments,
  loaded: LoadedConfig,
  terminal: Terminal,
): Promise<NodePlan[]> {
  if (!loaded.quorum.isAlone || loaded.config['zookeeper.connect'] !== null)
    throw new UsageError(
      '--brokers makes a quorum of its own; remove controller.quorum.voters, controller.quorum.bootstrap.servers and zookeeper.connect',
    )
  const [first, ...others] = loaded.listeners.client
  if (!first || others.length > 0)
    throw new UsageError(
      `--brokers gives each node one listener for clients; keep one of ${loaded.listeners.client.map(({ name }) => name).join(', ')} in listeners`,
    )
  const { port } = first.bind
  if (port === 0 || port + 2 * count - 1 > MAX_PORT)
    throw new UsageError(`--brokers needs ${2 * count} consecutive ports from that of the first listener on, which is ${port}`)
  const numbers = Array.from({ length: count }, (_, at) => at)
  const directories = numbers.map((at) => loaded.logDirs.map((dir) => `${dir}/node-${at + 1}`).join(','))
  const places = directories.flatMap((list) => list.split(',').map((directory) => ({ disk: terminal.disk, directory })))
  const clusterId = await clusterIdOf(places, (length) => terminal.randomBytes(length), loaded.clusterId)
  const { nodes } = planCluster(
    {
      host: first.advertised.host || terminal.hostName,
      controllerHost: 'localhost',
      listener: { name: first.name, bindHost: first.bind.host },
      brokerPorts: numbers.map((at) => port + at),
      controllerPorts: numbers.map((at) => port + count + at),
      directories,
    },
    new Map(),
  )
  const byHand = new Set([
    ...typed.overrides.map((word) => word.split('=', 1)[0]!.trim()),
    ...fromEnvironment(terminal.env).texts.keys(),
  ])
  // Where nobody set it, each node takes the first free port from the default on, so that one that is taken stops nobody.
  const metricsPort = loaded.given.has('metrics.port') ? loaded.config['metrics.port'] : 0
  return nodes.map((overrides, at) => ({
    overrides: new Map([
      ...chosen(overrides, loaded, byHand),
      ...(metricsPort > 0 ? [['metrics.port', String(metricsPort + at)] as const] : []),
    ]),
    env: { ...terminal.env, CLUSTER_ID: clusterId },
  }))
}

/**
 * What was said of how many replicas there shall be goes before what a cluster of this size would take. In a file, 1 is no more than what every sample of a
 * single node says.
 */
function chosen(
  overrides: ReadonlyMap<string, string>,
  { given }: LoadedConfig,
  byHand: ReadonlySet<string>,
): [string, string][] {
  const isMatterOfTaste = (key: string) =>
    key.includes('replication.factor') || key.endsWith('min.isr') || key === 'min.insync.replicas'
  const isSaid = (key: string) => byHand.has(key) || (given.get(key) ?? '1') !== '1'
  return [...overrides].filter(([key]) => !isMatterOfTaste(key) || !isSaid(key))
}
