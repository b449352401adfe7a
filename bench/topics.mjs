/** Topics of a measurement, on one broker or on a cluster. */
import { Connection, createTopic, deleteTopic, metadata, untilServed } from '../test/interop/lib/wire.mjs'

const patienceMs = 120_000
let topicNumber = 0

/** Runs `body(topic, leaders)` with a topic of its own, which is deleted afterwards. `replication`: `replicas` or `assignment`, see `createTopic`. */
export async function withTopic(broker, partitions, body, replication) {
  const topic = await newTopic(broker, partitions, replication)
  try {
    return await body(topic, await leadersOf(broker, topic))
  } finally {
    await dropTopic(broker, topic)
  }
}

/** A new topic all of whose leaders answer, with the configurations that the case wants of this broker's topics. */
export async function newTopic(broker, partitions, replication) {
  const topic = `bench-${process.pid}-${topicNumber++}`
  const connection = await Connection.open(broker.bootstrap)
  await createTopic(connection, topic, partitions, broker.topicConfigs, replication)
  connection.close()
  await untilLeadersServe(broker, topic)
  return topic
}

/** Kafka tells of a leader in Metadata a moment before the leader knows. */
export async function untilLeadersServe(broker, topic) {
  const byLeader = new Map()
  for (const [partition, leader] of (await leadersOf(broker, topic)).entries())
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
  for (const [leader, partitions] of byLeader) {
    const connection = await Connection.open(leader)
    try {
      await untilServed(connection, topic, partitions)
    } finally {
      connection.close()
    }
  }
}

/** Where each partition is led, as 'host:port' in the order of the partitions; a broker that is fenced for a moment is waited for. */
export async function leadersOf(broker, topic) {
  await untilPartitions(broker, topic, ({ address }) => address !== null)
  return (await partitionsOf(broker, topic)).map(({ address }) => address)
}

/** What Metadata says of a topic's partitions in their order: { index, leader, address of the leader, replicas, isr }. */
export async function partitionsOf(broker, topic, connection) {
  const asking = connection ?? (await Connection.open(broker.bootstrap))
  try {
    const { brokers, topics } = await metadata(asking, [topic])
    const addresses = new Map(brokers.map(({ id, host, port }) => [id, `${host}:${port}`]))
    const partitions = topics[0].partitions.toSorted((a, b) => a.index - b.index)
    return partitions.map((partition) => ({ ...partition, address: addresses.get(partition.leader) ?? null }))
  } finally {
    if (!connection) asking.close()
  }
}

/** Waits until Metadata says of all partitions what `isSo` wants to hear of each. */
export async function untilPartitions(broker, topic, isSo, everyMs = 20) {
  const deadline = performance.now() + patienceMs
  const connection = await Connection.open(broker.bootstrap)
  try {
    while (!(await partitionsOf(broker, topic, connection)).every(isSo)) {
      if (performance.now() > deadline) throw new Error(`${topic} is not as it should be after ${patienceMs / 1000} s`)
      await new Promise((resume) => setTimeout(resume, everyMs))
    }
  } finally {
    connection.close()
  }
}

export async function dropTopic(broker, topic) {
  const connection = await Connection.open(broker.bootstrap)
  await deleteTopic(connection, topic)
  connection.close()
  await new Promise((resume) => setTimeout(resume, 500)) // its files go 100 ms later
}
