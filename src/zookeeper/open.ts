// All that a node needs of ZooKeeper, in one hand: a session, the cluster's id, the metadata log, and the nodes that Kafka's people and tools look at.

import type { MetadataPublisher } from '../metadata/publisher.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Network } from '../platform/network.ts'
import type { Random } from '../platform/random.ts'
import { KafkaError } from '../protocol/errors.ts'
import {
  type BrokerNode,
  clusterId,
  forgetBroker,
  prepareKafkaNodes,
  readBrokerNode,
  readClusterId,
  registerBroker,
} from './broker-nodes.ts'
import { vacate } from './election.ts'
import { prepareLayout } from './layout.ts'
import { NodeKeeper } from './node-keeper.ts'
import type { ZooKeeperSettings } from './settings.ts'
import { ZooKeeper } from './zookeeper.ts'
import { ZooKeeperLog } from './zookeeper-log.ts'

export interface ZooKeeperRooms {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly logger: Logger
}

export interface ZooKeeperNode {
  readonly nodeId: number
  /** Of meta.properties; null for directories that are not formatted yet. */
  readonly clusterId: string | null
  /** Becomes the cluster's id where there is none yet. */
  readonly proposedClusterId: string
}

const LOOK_AGAIN_MS = 200

/** The ensemble keeps another cluster than this node's directories belong to. */
export class WrongCluster extends Error {
  override readonly name = 'WrongCluster'
}

export class ZooKeeperMetadata {
  readonly #rooms: ZooKeeperRooms
  readonly #zookeeper: ZooKeeper
  /** What fresh directories are formatted with. */
  readonly clusterId: string
  /** Not started yet. */
  readonly log: ZooKeeperLog
  #controller: BrokerNode | null = null
  #isClosed = false

  /**
   * Resolves with a session and all first nodes made. Throws an Error where no server answers, ForeignCluster where the chroot is an Apache Kafka cluster's,
   * and WrongCluster where it is another cluster's than the directories', or has lost it. `stopped` ends the wait for a server.
   */
  static async open(
    rooms: ZooKeeperRooms,
    settings: ZooKeeperSettings,
    node: ZooKeeperNode,
    stopped?: AbortSignal,
  ): Promise<ZooKeeperMetadata> {
    const zookeeper = await ZooKeeper.open({ ...rooms, ...settings }, stopped)
    try {
      const { session } = zookeeper
      const there = await readClusterId(session)
      if (node.clusterId !== null && there !== node.clusterId) throw wrongCluster(there, node.clusterId)
      await prepareLayout(session, settings.chroot)
      await prepareKafkaNodes(session)
      const id = await clusterId(session, node.proposedClusterId)
      return new ZooKeeperMetadata(rooms, zookeeper, id, settings.chroot, node.nodeId)
    } catch (thrown) {
      await zookeeper.close()
      throw thrown
    }
  }

  private constructor(rooms: ZooKeeperRooms, zookeeper: ZooKeeper, id: string, chroot: string, nodeId: number) {
    this.#rooms = rooms
    this.#zookeeper = zookeeper
    this.clusterId = id
    this.log = new ZooKeeperLog({ ...rooms, zookeeper, chroot, nodeId })
    this.log.onRole(() => void this.#findController())
  }

  /** The broker that is the active controller, with its addresses; null while it is not known, or did not announce itself yet. */
  get controller(): BrokerNode | null {
    return this.#controller?.id === this.log.leaderId ? this.#controller : null
  }

  /** A controller is elected before its broker has its node, at a start: it is looked for until it is there. */
  async #findController(): Promise<void> {
    const { clock, logger } = this.#rooms
    const { leaderId, epoch } = this.log
    this.#controller = null
    const isStill = () => !this.#isClosed && this.log.leaderId === leaderId && this.log.epoch === epoch
    while (leaderId !== null && isStill()) {
      try {
        this.#controller = await this.broker(leaderId)
      } catch (thrown) {
        logger.debug('the controller could not be found in ZooKeeper', { why: thrown })
      }
      if (this.#controller) return
      await new Promise<void>((resume) => clock.after(LOOK_AGAIN_MS, resume))
    }
  }

  /** Makes the ephemeral node of this broker, and again in each session that follows. Rejects with BrokerIdTaken. */
  announce(broker: BrokerNode): Promise<void> {
    return registerBroker({ ...this.#rooms, zookeeper: this.#zookeeper, broker })
  }

  /** What the broker `id` has announced; null while it is not there. */
  broker(id: number): Promise<BrokerNode | null> {
    return readBrokerNode(this.#zookeeper.session, id)
  }

  /** The controller `leaderId` of `epoch` is gone: its office is free for others before its session is over. Nothing where another one was elected since. */
  vacate(leaderId: number, epoch: number): Promise<void> {
    return vacate(this.#zookeeper.session, leaderId, epoch)
  }

  /**
   * The process of broker `id` has ended: its node need not stay until its session is over, and its next process not wait for that. The controller's;
   * throws Fenced where another one was elected.
   */
  async forget(id: number): Promise<void> {
    const { fence } = this.log
    if (fence) await forgetBroker(fence, id)
  }

  /** Keeps Kafka's own nodes as this publisher's image has it, while this node is the controller. */
  keepNodes(publisher: MetadataPublisher): NodeKeeper {
    return new NodeKeeper({ ...this.#rooms, log: this.log, publisher })
  }

  /** Takes part no longer, and ends the session: the broker's node and the controller's office go with it, at once. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.log.retire(new KafkaError('NOT_CONTROLLER', 'the broker is stopping'))
    await this.#zookeeper.close()
  }
}

function wrongCluster(inZooKeeper: string | null, ours: string): WrongCluster {
  return new WrongCluster(
    inZooKeeper === null
      ? `the directories of this node belong to the cluster ${ours}, and ZooKeeper holds no cluster: check zookeeper.connect, or bring the ensemble's data back`
      : `ZooKeeper keeps the cluster ${inZooKeeper}, and the directories of this node belong to ${ours}: check zookeeper.connect and log.dirs`,
  )
}
