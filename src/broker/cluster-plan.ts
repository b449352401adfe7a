// What each node of a cluster on one machine is told: its number, its ports, its directory, and who the others are.

import { randomUuid } from '../base/uuid.ts'
import { readMetaProperties } from '../log/meta-properties.ts'
import type { Disk } from '../platform/disk.ts'
import { serverText } from '../platform/network.ts'

export interface ClusterPlan {
  /** One for each node, as keys and values of its configuration; every node is broker and controller. */
  readonly nodes: readonly ReadonlyMap<string, string>[]
}

export interface ClusterPlace {
  /** Where all are reached, at the listeners for controllers too unless `controllerHost` says otherwise. */
  readonly host: string
  readonly controllerHost?: string
  /** The listener for clients and the other brokers: PLAINTEXT, at `host`, unless it is said. */
  readonly listener?: { readonly name: string; readonly bindHost: string }
  /** Of the listeners for clients, in the order of the nodes. */
  readonly brokerPorts: readonly number[]
  /** Of those for controllers. */
  readonly controllerPorts: readonly number[]
  /** One each. */
  readonly directories: readonly string[]
}

/** As many replicas as a topic needs to survive the loss of a broker, where there are so many brokers. */
const REPLICAS = 3
/** More voters would make every change of the metadata slower, and nothing safer that a test or one machine could notice. */
const MOST_VOTERS = 5

/**
 * Internal topics and those that are made without saying how many replicas they want get three, and two of them must be in sync, where there are three
 * brokers. `more` goes before that, but not before what makes the nodes a cluster: their ids, roles, listeners and directories.
 */
export function planCluster(place: ClusterPlace, more: ReadonlyMap<string, string>): ClusterPlan {
  const { host, controllerHost = host, brokerPorts, controllerPorts, directories } = place
  const { name, bindHost } = place.listener ?? { name: 'PLAINTEXT', bindHost: host }
  const count = brokerPorts.length
  const controllerAt = (port: number) => serverText({ host: controllerHost, port })
  const voters = controllerPorts.slice(0, votersOf(count)).map((port, at) => `${at + 1}@${controllerAt(port)}`)
  const replicas = String(Math.min(REPLICAS, count))
  const minInSync = count >= REPLICAS ? '2' : '1'
  const nodes = brokerPorts.map((port, at) => {
    const isVoter = at < voters.length
    const controller = isVoter ? [`CONTROLLER://${controllerAt(controllerPorts[at]!)}`] : []
    const listeners = [`${name}://${serverText({ host: bindHost, port })}`, ...controller]
    return new Map([
      ['default.replication.factor', replicas],
      ['min.insync.replicas', minInSync],
      ['offsets.topic.replication.factor', replicas],
      ['transaction.state.log.replication.factor', replicas],
      ['transaction.state.log.min.isr', minInSync],
      ['share.coordinator.state.topic.replication.factor', replicas],
      ['share.coordinator.state.topic.min.isr', minInSync],
      ...more,
      ['node.id', String(at + 1)],
      ['broker.id', String(at + 1)],
      ['process.roles', isVoter ? 'broker,controller' : 'broker'],
      ['controller.quorum.voters', voters.join(',')],
      ['controller.listener.names', 'CONTROLLER'],
      ['listeners', listeners.join(',')],
      ['advertised.listeners', `${name}://${serverText({ host, port })}`],
      ['log.dirs', directories[at]!],
    ])
  })
  return { nodes }
}

/** An even number of voters survives no more losses than one fewer. */
function votersOf(count: number): number {
  const most = Math.min(count, MOST_VOTERS)
  return most % 2 === 0 ? most - 1 : most
}

export interface DirectoryPlace {
  readonly disk: Disk
  readonly directory: string
}

/**
 * The cluster that these directories belong to; where none does, `wanted`, or a new one. Throws where they belong to several, or to another one than `wanted`,
 * and WrongDirectory where one makes no sense.
 */
export async function clusterIdOf(
  places: readonly DirectoryPlace[],
  randomBytes: (length: number) => Uint8Array,
  wanted: string | null = null,
): Promise<string> {
  const found = new Map<string, string>()
  for (const { disk, directory } of places) {
    const properties = await readMetaProperties(disk, directory)
    if (properties) found.set(properties.clusterId, directory)
  }
  if (found.size > 1) {
    const named = [...found].map(([id, directory]) => `${directory} to ${id}`).join(', ')
    throw new Error(
      `the directories belong to different clusters: ${named}. Remove those that are not wanted, or name others by log.dirs`,
    )
  }
  const [known] = [...found]
  if (known && wanted !== null && known[0] !== wanted)
    throw new Error(
      `${known[1]} belongs to cluster ${known[0]}, and CLUSTER_ID says ${wanted}: unset it, or name another directory by log.dirs`,
    )
  return known?.[0] ?? wanted ?? randomUuid(randomBytes)
}
