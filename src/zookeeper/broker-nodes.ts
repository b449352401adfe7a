// The ephemeral node of a broker, by which people, tools and other brokers find it, and the cluster's id.

import { deferred } from '../base/deferred.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { serverText } from '../platform/network.ts'
import { isUnanswered, isZooKeeperError } from './errors.ts'
import type { Fence } from './fence.ts'
import { firstNodes } from './kafka-nodes.ts'
import { bytesOfJson, ensure, jsonOf, lookOr, signal } from './layout.ts'
import { create, exists, getChildren, getData, multi, remove, setData } from './operations.ts'
import type { Session } from './session.ts'
import type { ZooKeeper } from './zookeeper.ts'

export interface BrokerEndpoint {
  /** Of the listener, upper case. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. */
  readonly securityProtocol: string
}

export interface BrokerNode {
  readonly id: number
  readonly endpoints: readonly BrokerEndpoint[]
  readonly rack: string | null
}

/** As Kafka 3.9 writes it; `now` in milliseconds since 1970. */
export function brokerNodeJson({ endpoints, rack }: BrokerNode, now: number): unknown {
  // Consumers of long ago knew one address alone, of a listener without security.
  const plain = endpoints.find(({ securityProtocol }) => securityProtocol === 'PLAINTEXT')
  return {
    features: {},
    listener_security_protocol_map: Object.fromEntries(endpoints.map(({ name, securityProtocol }) => [name, securityProtocol])),
    endpoints: endpoints.map(({ name, ...address }) => `${name}://${serverText(address)}`),
    ...(rack === null ? {} : { rack }),
    jmx_port: -1,
    port: plain?.port ?? -1,
    host: plain?.host ?? null,
    version: 5,
    timestamp: String(now),
  }
}

/** Makes the nodes that Kafka's brokers make at their start. */
export async function prepareKafkaNodes(session: Session): Promise<void> {
  for (const path of firstNodes) await ensure(session, create(path, null))
}

const CLUSTER_ID = '/cluster/id'

/** The cluster's id as the ensemble keeps it; null where there is none yet. Throws an Error where the node is none of Kafka's. */
export async function readClusterId(session: Session): Promise<string | null> {
  const node = await lookOr(session, getData(CLUSTER_ID))
  if (!node) return null
  const { id } = jsonOf(CLUSTER_ID, node)
  if (typeof id === 'string' && id !== '') return id
  throw new Error(`the node ${CLUSTER_ID} in ZooKeeper names no cluster`)
}

/** As `readClusterId`; `proposed` becomes the id where there is none yet. */
export async function clusterId(session: Session, proposed: string): Promise<string> {
  for (;;) {
    const id = await readClusterId(session)
    if (id !== null) return id
    await ensure(session, create('/cluster', null))
    await ensure(session, create(CLUSTER_ID, bytesOfJson({ version: '1', id: proposed })))
  }
}

/** What broker `id` has written of itself; null while it is not there. Throws an Error where it is none of Kafka's. */
export async function readBrokerNode(session: Session, id: number): Promise<BrokerNode | null> {
  const path = pathOf(id)
  const node = await lookOr(session, getData(path))
  if (!node || node.data.length === 0) return null
  const { endpoints, rack, listener_security_protocol_map: protocols } = jsonOf(path, node)
  if (!Array.isArray(endpoints)) throw new Error(`the node ${path} in ZooKeeper has no endpoints`)
  const byName = (typeof protocols === 'object' ? protocols : {}) as Record<string, string>
  return {
    id,
    rack: typeof rack === 'string' ? rack : null,
    endpoints: endpoints.flatMap((text: unknown) => {
      const found = /^([^:]+):\/\/(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(String(text))
      if (!found) return []
      const name = found[1]!
      return [{ name, host: found[2] ?? found[3]!, port: Number(found[4]), securityProtocol: byName[name] ?? name }]
    }),
  }
}

/** Removes the node of a broker whose process has ended; nothing where there is none, or a newer one. */
export async function forgetBroker(fence: Fence, id: number): Promise<void> {
  const path = pathOf(id)
  const there = await lookOr(fence.session, exists(path))
  if (!there) return
  try {
    await fence.write(remove(path, there.version))
  } catch (thrown) {
    if (!isZooKeeperError(thrown, 'NoNode', 'BadVersion')) throw thrown
  }
}

/** The ids of all brokers that are there. */
export async function brokerIds(session: Session): Promise<number[]> {
  return (await session.look(getChildren('/brokers/ids'))).names.map(Number).sort((a, b) => a - b)
}

const pathOf = (id: number) => `/brokers/ids/${id}`

export interface BrokerRegistrationOptions {
  readonly zookeeper: ZooKeeper
  readonly broker: BrokerNode
  readonly clock: Clock
  readonly logger: Logger
}

/** Another live process has this broker's id. */
export class BrokerIdTaken extends Error {
  override readonly name = 'BrokerIdTaken'
}

/**
 * Makes the broker's node, and again in each session that follows. Resolves when it is there. A node of another session may be what is left of the process
 * before this one: it is waited for as long as such a session can live; rejects with BrokerIdTaken where it is still there then.
 */
export function registerBroker(options: BrokerRegistrationOptions): Promise<void> {
  const { zookeeper, logger } = options
  const first = deferred<void>()
  zookeeper.onSession((session) => {
    announce(options, session).then(first.resolve, (thrown: unknown) => {
      if (session.over) return // the next session comes
      first.reject(thrown)
      logger.error('this broker could not announce itself in ZooKeeper', { error: thrown })
    })
  })
  return first.promise
}

async function announce({ broker, clock, logger }: BrokerRegistrationOptions, session: Session): Promise<void> {
  const path = pathOf(broker.id)
  await session.whenConnected()
  const deadline = clock.monotonic() + session.timeoutMs * 2
  for (let isTold = false; ; ) {
    const { fired, fire } = signal()
    const there = await lookOr(session, exists(path), fire)
    if (there?.ephemeralOwner === session.id) return
    if (there) {
      if (clock.monotonic() >= deadline) throw await takenBy(session, broker.id)
      if (!isTold) logger.warn('another session has the node of this broker in ZooKeeper; waiting for its end', { path })
      isTold = true
      const timer = clock.after(deadline - clock.monotonic(), fire)
      await fired
      timer.cancel()
      continue
    }
    try {
      // Kafka makes it in two steps; the node's version is 1 ever after.
      await session.ask(multi(create(path, null, 'ephemeral'), setData(path, bytesOfJson(brokerNodeJson(broker, clock.now())))))
      return
    } catch (thrown) {
      if (!isUnanswered(thrown) && !isZooKeeperError(thrown, 'NodeExists')) throw thrown
    }
  }
}

async function takenBy(session: Session, id: number): Promise<BrokerIdTaken> {
  const other = await readBrokerNode(session, id)
  const where = other?.endpoints.map(({ host, port }) => `${host}:${port}`).join(', ') ?? 'an unknown address'
  return new BrokerIdTaken(`another broker with id ${id} runs at ${where}: give each broker a broker.id of its own`)
}
