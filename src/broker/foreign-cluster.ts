// Notices that this node's directories belong to another cluster than the controllers that it was told of: no waiting would help.

import type { Address } from '../platform/network.ts'
import { errorCode, KafkaError } from '../protocol/errors.ts'

const INCONSISTENT = errorCode('INCONSISTENT_CLUSTER_ID')

export interface ForeignClusterRooms {
  readonly clusterId: string
  readonly directory: string
  /** How many other nodes this one has to ask. */
  readonly others: () => number
  /** Runs once, when more than half of them have said that they belong to another cluster, and none that it belongs to this one. */
  readonly onForeign: (why: KafkaError) => void
}

export class ForeignCluster {
  readonly #rooms: ForeignClusterRooms
  readonly #foreign = new Set<string>()
  #isOver = false

  constructor(rooms: ForeignClusterRooms) {
    this.#rooms = rooms
  }

  /** One of another cluster among several of ours is that one's mistake; most of them are this node's. */
  answered({ host, port }: Address, code: number): void {
    if (this.#isOver) return
    if (code !== INCONSISTENT) {
      this.#isOver = code === 0
      return
    }
    this.#foreign.add(`${host}:${port}`)
    const { clusterId, directory, others, onForeign } = this.#rooms
    if (this.#foreign.size * 2 <= others()) return
    this.#isOver = true
    const who = [...this.#foreign].sort().join(', ')
    const way = 'choose other log.dirs, or name the controllers of that cluster'
    onForeign(
      new KafkaError('INCONSISTENT_CLUSTER_ID', `${directory} belongs to cluster ${clusterId}, and ${who} to another: ${way}`),
    )
  }
}
