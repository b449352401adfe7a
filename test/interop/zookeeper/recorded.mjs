/** Kafka's nodes as they were recorded from Kafka 3.9, and metadata records that say the same: what ours then writes must be the same bytes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export function readRecorded(sharedDir) {
  return JSON.parse(readFileSync(join(sharedDir, 'kafka/zookeeper-3.9.json'), 'utf8')).stages
}

/** Path -> data of the nodes that follow from metadata: topics, their states and configurations, quotas and SCRAM users. */
export function recordedNodes(stage) {
  const kept =
    /^\/(brokers\/topics|config\/(topics|users|clients|ips))\/|^\/config\/brokers\/<default>$|^\/latest_producer_id_block$/
  return new Map(
    Object.entries(stage)
      .filter(([path]) => kept.test(path))
      .map(([path, { data }]) => [path, data]),
  )
}

/** The records of a cluster that has these nodes. */
export function recordsOf(nodes, record) {
  const records = []
  for (const [path, data] of nodes) {
    const topic = /^\/brokers\/topics\/([^/]+)$/.exec(path)?.[1]
    if (topic) records.push(...topicRecords(topic, JSON.parse(data), nodes, record))
  }
  for (const [path, data] of nodes) {
    const [, kind, ...rest] = path.slice(1).split('/')
    if (!path.startsWith('/config/') || data === null) continue
    const config = Object.entries(JSON.parse(data).config)
    if (kind === 'topics') for (const [name, value] of config) records.push(configOf(record, 2, rest[0], name, value))
    else if (kind === 'brokers') for (const [name, value] of config) records.push(configOf(record, 4, '', name, value))
    else records.push(...entityRecords(record, kind, rest, config))
  }
  const block = nodes.get('/latest_producer_id_block')
  if (block) {
    const { broker, block_end: end } = JSON.parse(block)
    records.push(record('ProducerIdsRecord', { brokerId: broker, brokerEpoch: 1, nextProducerId: Number(end) + 1 }))
  }
  return records
}

function topicRecords(
  name,
  { partitions, topic_id: topicId, adding_replicas: adding, removing_replicas: removing },
  nodes,
  record,
) {
  const ids = Object.keys(partitions)
  return [
    record('TopicRecord', { name, topicId }),
    ...ids.map((id) => {
      const { leader, leader_epoch: leaderEpoch, isr } = JSON.parse(nodes.get(`/brokers/topics/${name}/partitions/${id}/state`))
      return record('PartitionRecord', {
        partitionId: Number(id),
        topicId,
        replicas: partitions[id],
        isr,
        removingReplicas: removing[id] ?? [],
        addingReplicas: adding[id] ?? [],
        leader,
        leaderRecoveryState: 0,
        leaderEpoch,
        partitionEpoch: 0,
        directories: partitions[id].map(() => 'AAAAAAAAAAAAAAAAAAAAAQ'),
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      })
    }),
  ]
}

const configOf = (record, resourceType, resourceName, name, value) =>
  record('ConfigRecord', { resourceType, resourceName, name, value })

const nameOf = (text) => (text === '<default>' ? null : decodeURIComponent(text))

function entityRecords(record, kind, [name, , client], config) {
  const type = { users: 'user', clients: 'client-id', ips: 'ip' }[kind]
  const entity = [{ entityType: type, entityName: nameOf(name) }]
  if (client !== undefined) entity.push({ entityType: 'client-id', entityName: nameOf(client) })
  return config.map(([key, value]) => {
    if (!key.startsWith('SCRAM-')) return record('ClientQuotaRecord', { entity, key, value: Number(value), remove: false })
    const part = (what) => Buffer.from(new RegExp(`(?:^|,)${what}=([^,]*)`).exec(value)[1], 'base64')
    return record('UserScramCredentialRecord', {
      name: nameOf(name),
      mechanism: key === 'SCRAM-SHA-256' ? 1 : 2,
      salt: part('salt'),
      storedKey: part('stored_key'),
      serverKey: part('server_key'),
      iterations: Number(/iterations=(\d+)/.exec(value)[1]),
    })
  })
}
