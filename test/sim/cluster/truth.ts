// What all nodes together know: what is committed in the metadata, who leads what, and the complaint where two of them do not go together.

import { crc32c } from '../../../src/base/crc32c.ts'
import type { Broker } from '../../../src/broker/broker.ts'
import { GROUPS_TOPIC } from '../../../src/coordinator/group/coordinator.ts'
import { partitionOf } from '../../../src/coordinator/group/partition-of.ts'
import type { MetadataImage } from '../../../src/metadata/image.ts'
import { NO_LEADER } from '../../../src/metadata/partition.ts'
import type { MetadataPublisher } from '../../../src/metadata/publisher.ts'
import type { LogLine } from '../../../src/platform/sim/world.ts'
import type { RecordBatch } from '../../../src/protocol/records/batch.ts'
import { violated } from '../history.ts'
import { plainImage } from '../inside.ts'
import type { Led } from './end-asker.ts'
import type { ClusterNode } from './layout.ts'

interface Committed {
  readonly crc: number
  readonly nextOffset: number
  readonly by: number
}

export class Truth {
  readonly #nodes: readonly ClusterNode[]
  /** By base offset, what anybody held for committed. */
  readonly #committed = new Map<number, Committed>()
  /** By epoch of the quorum. */
  readonly #controllers = new Map<number, number>()
  /** By topic id, partition and leader epoch. */
  readonly #leaders = new Map<string, number>()
  /** By topic id and partition: the newest epoch in which somebody led it. */
  readonly #epochs = new Map<string, number>()
  #newestEpoch = -1
  /** How far the newest image was looked at. */
  #lookedUpTo = -1
  /** Hears of each new leader of the quorum, in the turn in which it knows. */
  onElected: ((node: ClusterNode) => void) | null = null
  /** Runs as soon as a broker leads a partition in a new epoch. */
  onLed: (() => void) | null = null

  constructor(nodes: readonly ClusterNode[]) {
    this.#nodes = nodes
    for (const node of nodes) node.onServing = (broker) => this.#follow(node, broker)
  }

  /** The active controller as the quorum elected it last; undefined before. */
  get controller(): ClusterNode | undefined {
    const id = this.#controllers.get(this.#newestEpoch)
    return this.#nodes.find((node) => node.id === id)
  }

  /** The newest image that any node has; null while nobody serves. */
  get image(): MetadataImage | null {
    return this.#newest?.image ?? null
  }

  get #newest(): MetadataPublisher | null {
    let newest: MetadataPublisher | null = null
    for (const { broker } of this.#nodes) {
      const publisher = broker?.metadata.publisher
      if (publisher && (!newest || publisher.endOffset > newest.endOffset)) newest = publisher
    }
    return newest
  }

  /** Whether any partition may have, or be about to have, a replica there. */
  hasReplicas(id: number): boolean {
    if (!this.controller?.broker) return true // others may know less
    for (const { partitions } of this.image?.topics.values() ?? [])
      for (const { replicas } of partitions) if (replicas.includes(id)) return true
    return false
  }

  /** Who leads a partition by the newest image. */
  leaderOf(topic: string, partition: number): ClusterNode | undefined {
    const id = this.image?.partition(topic, partition)?.leader
    return this.#nodes.find((node) => node.id === id)
  }

  /** How to reach who leads a partition in the newest epoch that ever was; null where nobody is known to. */
  ledBy(topic: string, partition: number): Led | null {
    const { image } = this
    const known = image?.partition(topic, partition)
    const node = this.#nodes.find(({ id }) => id === known?.leader)
    if (!image || !known || !node) return null
    const newest = this.#epochs.get(`${image.topic(topic)!.id} ${partition}`) ?? -1
    return known.leaderEpoch < newest ? null : { server: node.bootstrapServers, epoch: known.leaderEpoch }
  }

  /** Who coordinates a group, and since which epoch; null while nobody can know, since the controller's image is not to be seen. */
  coordinatorOf(group: string): string | null {
    const topic = this.controller?.broker ? this.image?.topic(GROUPS_TOPIC) : undefined
    if (!topic) return null
    const { leader, leaderEpoch } = topic.partitions[partitionOf(group, topic.partitions.length)]!
    const node = this.#nodes.find(({ id }) => id === leader)
    return node ? `${node.bootstrapServers} ${leaderEpoch}` : null
  }

  /** Of a node's log: who was elected to lead the metadata quorum. */
  heard({ process, message, facts }: LogLine): void {
    if (message !== 'the metadata quorum' || facts['role'] !== 'leader') return
    const node = this.#nodes.find(({ machine }) => machine === process.machine)
    const epoch = facts['epoch'] as number
    if (!node) return
    const other = this.#controllers.get(epoch)
    if (other !== undefined && other !== node.id) violated(`nodes ${other} and ${node.id} both lead epoch ${epoch} of the quorum`)
    this.#controllers.set(epoch, node.id)
    if (this.#newestEpoch >= 0 && other === undefined) node.machine.world.events.saw('another controller was elected')
    this.#newestEpoch = Math.max(this.#newestEpoch, epoch)
    this.onElected?.(node)
  }

  #follow(node: ClusterNode, { metadata }: Broker): void {
    metadata.log.onCommittedBatches((batches) => {
      for (const batch of batches) this.#commits(node, batch)
    })
  }

  #commits({ id }: ClusterNode, batch: RecordBatch): void {
    const { baseOffset, nextOffset } = batch
    const crc = crc32c(batch.slice())
    const known = this.#committed.get(baseOffset)
    if (known && (known.crc !== crc || known.nextOffset !== nextOffset))
      violated(`node ${id} has another committed batch at ${baseOffset} of the metadata than node ${known.by}`)
    if (!known) this.#committed.set(baseOffset, { crc, nextOffset, by: id })
  }

  /** Nobody leads a partition in an epoch in which another one leads, or led. */
  lookAtLeaders(): void {
    for (const { id, broker, isBroker } of this.#nodes) {
      if (!broker || !isBroker) continue
      for (const { isLeader, topicId, index, leaderEpoch, name } of broker.rooms.replicas.all()) {
        if (!isLeader) continue
        const key = `${topicId} ${index} ${leaderEpoch}`
        const other = this.#leaders.get(key)
        if (other !== undefined && other !== id) violated(`brokers ${other} and ${id} both lead epoch ${leaderEpoch} of ${name}`)
        if (other !== undefined) continue
        this.#leaders.set(key, id)
        const place = `${topicId} ${index}`
        this.#epochs.set(place, Math.max(leaderEpoch, this.#epochs.get(place) ?? -1))
        this.onLed?.()
      }
    }
  }

  /** Whoever is held for in sync, and runs, has everything that the leader gives out as committed. `isDamaged`: its disk lost some of it. */
  lookAtInSync(isDamaged: (id: number) => boolean): void {
    const { image } = this
    for (const node of this.#nodes) {
      if (!node.broker || !node.isBroker) continue
      for (const { leadership, topic, topicId, index, leaderEpoch, highWatermark, name } of node.broker.rooms.replicas.all()) {
        const known = leadership ? image?.topicsById.get(topicId)?.partitions[index] : undefined
        if (known?.leader !== node.id || known.leaderEpoch !== leaderEpoch) continue
        // Its controller answered it, and is just starting or stopping, so that no image here shows yet who is in sync.
        if (leadership!.partitionEpoch > known.partitionEpoch) continue
        for (const id of known.isr) {
          const replica = this.#nodes.find((one) => one.id === id)?.broker?.rooms.replicas.get(topic, index)
          if (!replica || replica.topicId !== topicId || replica.log.offline || isDamaged(id)) continue
          if (replica.endOffset < highWatermark)
            violated(
              `${name} is committed up to ${highWatermark}, and broker ${id}, which is in sync, ends at ${replica.endOffset}`,
            )
        }
      }
    }
  }

  /** A broker that acted on the news that another one coordinates a group knows better than to answer for it. */
  knowsBetter(server: string, group: string): boolean {
    const node = this.#nodes.find(({ bootstrapServers }) => bootstrapServers === server)
    if (!node?.broker) return false
    const { image, endOffset, publishedOffset } = node.broker.metadata.publisher
    const topic = endOffset === publishedOffset ? image.topic(GROUPS_TOPIC) : undefined
    return topic !== undefined && topic.partitions[partitionOf(group, topic.partitions.length)]?.leader !== node.id
  }

  /** What is committed makes sense after every change. */
  lookAtNews(): void {
    const newest = this.#newest
    if (!newest || newest.endOffset <= this.#lookedUpTo) return
    this.#lookedUpTo = newest.endOffset
    lookAt(newest.image)
  }

  /** Nodes that are equally far know the same. */
  lookAtImages(): void {
    const known = new Map<number, { readonly id: number; readonly plain: string }>()
    for (const { id, broker } of this.#nodes) {
      if (!broker) continue
      const { image, endOffset } = broker.metadata.publisher
      const plain = plainImage(image)
      const other = known.get(endOffset)
      if (other && other.plain !== plain)
        violated(`nodes ${other.id} and ${id} know different things at ${endOffset} of the metadata`)
      known.set(endOffset, { id, plain })
    }
  }
}

/** Whoever is held for able to serve is there. */
function lookAt({ topics, brokers }: MetadataImage): void {
  for (const { name, partitions } of topics.values()) {
    for (const { partition, leader, isr, replicas, elr, lastKnownElr } of partitions) {
      const what = `${name}-${partition}`
      if (leader !== NO_LEADER && brokers.get(leader)?.fenced !== false)
        violated(`${what} is led by broker ${leader}, which is fenced`)
      if (leader !== NO_LEADER && !isr.includes(leader)) violated(`${what} is led by ${leader}, which is not in sync (${isr})`)
      const away = isr.find((id) => id !== leader && brokers.get(id)?.fenced !== false)
      if (away !== undefined && isr.length > 1) violated(`broker ${away} is fenced, and in sync with ${what}`)
      if (isr.some((id) => !replicas.includes(id))) violated(`${what} has replicas ${replicas}, of which ${isr} are in sync`)
      const strange = lastKnownElr.find((id) => !replicas.includes(id))
      if (strange !== undefined) violated(`${what} has replicas ${replicas}, and would be led by ${strange}, which led it once`)
      if (isr.length + elr.length + lastKnownElr.length === 0) violated(`nobody is known to have what is committed of ${what}`)
    }
  }
}
