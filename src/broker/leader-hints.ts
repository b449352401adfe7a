// Where a partition is led, told with the error that somebody gets who asked elsewhere (KIP-951): it saves the round of Metadata.

import type { MetadataImage } from '../metadata/image.ts'
import type { RequestContext } from './handler.ts'

export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

const NOBODY: LeaderHint = { leaderId: -1, leaderEpoch: -1 }

export class LeaderHints {
  readonly #image: () => MetadataImage

  constructor(image: () => MetadataImage) {
    this.#image = image
  }

  /** Of the topic of that name or, where the name is empty, of that id. */
  leaderOf(name: string, topicId: string, index: number): LeaderHint {
    const topic = name === '' ? this.#image().topicsById.get(topicId) : this.#image().topic(name)
    const partition = topic?.partitions[index]
    return partition ? { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch } : NOBODY
  }

  /** Where these brokers are reached by who came in by this listener; those that are not reached so are left out. */
  endpoints(brokers: ReadonlySet<number>, { listener }: RequestContext): NodeEndpoint[] {
    return [...brokers].flatMap((id) => {
      const broker = this.#image().brokers.get(id)
      const endpoint = broker?.endPoints.find(({ name }) => name === listener)
      return broker && endpoint ? [{ nodeId: id, host: endpoint.host, port: endpoint.port, rack: broker.rack }] : []
    })
  }
}
