// The way to the coordinator of a group: found when it is needed, and looked for again when it turns out to be another broker.

import type { Exchange } from '../../../net/peer.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Body } from '../../cluster/node.ts'
import type { Purpose } from '../../cluster/nodes.ts'
import { brokerError, ClientError } from '../../errors/index.ts'
import type { Patience } from '../../patience.ts'

export interface AskOptions {
  readonly timeoutMs?: number
  readonly maxVersion?: number
  /** What waits long at the coordinator gets a connection of its own. */
  readonly purpose?: Purpose
}

export class CoordinatorLink {
  readonly cluster: Cluster
  readonly groupId: string

  constructor(cluster: Cluster, groupId: string) {
    this.cluster = cluster
    this.groupId = groupId
  }

  /** Asks once; whatever fails on the way makes that the coordinator is looked for again where that may help. */
  async ask<Req, Res>(
    exchange: Exchange<Req, Res>,
    body: Body<Req>,
    patience: Patience,
    { timeoutMs, maxVersion, purpose }: AskOptions = {},
  ): Promise<Res> {
    const { cluster } = this
    try {
      const coordinator = await cluster.coordinator('group', this.groupId, patience)
      const node = purpose && coordinator.id !== null ? cluster.node(coordinator.id, purpose) : coordinator
      const within = cluster.retries.within(patience)
      return await node.send(exchange, body, {
        ...within,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(maxVersion === undefined ? {} : { maxVersion }),
      })
    } catch (thrown) {
      if (thrown instanceof ClientError) this.heed(thrown)
      throw thrown
    }
  }

  heed(error: ClientError): void {
    this.cluster.heedCoordinator('group', this.groupId, error)
  }

  /** The error of an answer, thrown; nothing for code 0. */
  judge(code: number, what: string, text?: string | null): void {
    if (code === 0) return
    const error = brokerError(code, `${what} of group ${this.groupId}`, text)
    this.heed(error)
    throw error
  }
}
