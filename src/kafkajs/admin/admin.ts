// `kafka.admin()`.

import { describeCluster } from '../../client/admin/cluster.ts'
import { Link } from '../../client/admin/link.ts'
import type { Connected, Connections } from '../connection/connections.ts'
import { Emitter, requestEvents } from '../emitter.ts'
import { adminEvents } from '../events.ts'
import { pausesMs, type Retry, told } from '../retry.ts'
import type { Admin, Logger } from '../types/index.ts'
import * as acls from './acls.ts'
import * as configs from './configs.ts'
import type { Desk } from './desk.ts'
import * as groups from './groups.ts'
import * as offsets from './offsets.ts'
import * as reassignments from './reassignments.ts'
import * as topics from './topics.ts'

const MAX_INT = 2 ** 31 - 1

export interface AdminOptions {
  readonly connections: Connections
  readonly retry: Retry
  readonly logger: Logger
}

export function createAdmin({ connections, retry, logger: root }: AdminOptions): Admin {
  const logger = root.namespace('Admin')
  const emitter = new Emitter('admin', adminEvents, connections.platform.clock, logger)
  const watch = requestEvents(emitter)
  let opening: Promise<Connected> | null = null

  /** Connects by itself where `connect` was not called. */
  async function desk(): Promise<Desk> {
    opening ??= connections.open({ retry, allowAutoTopicCreation: false, watch })
    try {
      const { cluster } = await opening
      const timeoutMs = Math.min(MAX_INT, connections.requestTimeoutMs + pausesMs(retry))
      return { link: new Link(cluster, timeoutMs), retry, logger }
    } catch (thrown) {
      opening = null
      throw thrown
    }
  }

  const call =
    <A extends unknown[], R>(act: (desk: Desk, ...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> =>
      act(await desk(), ...args)

  return {
    async connect() {
      const { link } = await desk()
      await told(connections.retry, () => link.cluster.refresh(link.cluster.patience('connecting')))
      emitter.emit('CONNECT')
    },
    async disconnect() {
      const closing = opening
      opening = null
      if (closing) (await closing).cluster.close()
      emitter.emit('DISCONNECT')
    },
    listTopics: call(topics.listAll),
    createTopics: call(topics.create),
    deleteTopics: call(topics.remove),
    createPartitions: call(topics.grow),
    fetchTopicMetadata: call(topics.metadata),
    fetchOffsets: call(offsets.groupOffsets),
    fetchTopicOffsets: call(offsets.topicOffsets),
    fetchTopicOffsetsByTimestamp: call(offsets.topicOffsetsByTimestamp),
    setOffsets: call(offsets.setOffsets),
    resetOffsets: call(offsets.resetOffsets),
    deleteTopicRecords: call(offsets.deleteBefore),
    describeCluster: call(({ link }) =>
      told(retry, async () => {
        const { clusterId, controllerId, nodes } = await describeCluster(link)
        return { brokers: nodes.map(({ id, host, port }) => ({ nodeId: id, host, port })), controller: controllerId, clusterId }
      }),
    ),
    describeConfigs: call(configs.describe),
    alterConfigs: call(configs.alter),
    listGroups: call(groups.list),
    describeGroups: call(groups.describe),
    deleteGroups: call(groups.remove),
    createAcls: call(acls.create),
    describeAcls: call(acls.describe),
    deleteAcls: call(acls.remove),
    alterPartitionReassignments: call(reassignments.alter),
    listPartitionReassignments: call(reassignments.list),
    logger: () => logger,
    on: emitter.on as Admin['on'],
    events: adminEvents,
  }
}
