/**
 * Three brokers as one cluster, three replicas of everything, two of which must be in sync. The CPU is that of all three processes. Where ours
 * flushes, all three do before an answer leaves.
 */
import { javaProduce, load } from '../clients.mjs'
import { moveTo, produceOnce } from '../replicas.mjs'
import { dropTopic, newTopic, partitionsOf, withTopic } from '../topics.mjs'
import { rawLatency } from './latency.mjs'
import { fill } from './raw.mjs'

const three = { group: 'cluster', nodes: 3, replicas: 3 }
const replication = { replicas: 3 }
const partitions = 12

function produce(name, about, settings) {
  return {
    ...three,
    name,
    about: `three brokers, three replicas, raw Produce, ${about}, 12 connections x ${settings.inFlight} in flight, acks=all`,
    main: 'mbPerSecond',
    brokers: ['ours', 'apache', 'ours-fsync'],
    takes: (seconds) => seconds + Math.min(2, seconds / 4) + 1.5,
    run: (broker, { seconds }) => {
      const run = (topic, leaders) =>
        load('produce', { leaders, topic, partitions, connections: 12, size: 1024, seconds, ...settings })
      return withTopic(broker, partitions, run, replication)
    },
  }
}

const java = {
  ...three,
  name: 'cluster-java-produce',
  about: 'three brokers, three replicas, ProducerPerformance, 1 KB, 12 partitions, acks=all, not compressed',
  main: 'recordsPerSecond',
  needs: 'java',
  brokers: ['ours', 'apache', 'ours-fsync'],
  takes: (seconds) => seconds + 2.5,
  run: (broker, { seconds, libs }) => {
    const run = (topic) => javaProduce(libs, broker, topic, { size: 1024, records: 60_000 * seconds })
    return withTopic(broker, partitions, run, replication)
  },
}

const create = {
  ...three,
  name: 'cluster-create',
  about:
    'three brokers, one topic of 1,000 partitions x 3: until all are led, and until each has acknowledged a record (acks=all)',
  main: 'createMs',
  lowerIsBetter: true,
  takes: () => 12,
  async run(broker) {
    const from = performance.now()
    const topic = await newTopic(broker, 1000, replication)
    const createMs = performance.now() - from
    await produceOnce(broker, topic)
    const replicatedMs = performance.now() - from
    await dropTopic(broker, topic)
    return { createMs, replicatedMs }
  },
}

const megabytes = 2000

const reassign = {
  ...three,
  name: 'cluster-reassign',
  about: `three brokers, ${megabytes / 1000} GB in 12 partitions with one replica each, all of which move to the next broker, until it is complete`,
  main: 'reassignMs',
  lowerIsBetter: true,
  prepares: () => 12,
  takes: () => 12,
  async prepare(broker) {
    const assignment = Array.from({ length: partitions }, (_, index) => [1 + (index % 3)])
    const topic = await newTopic(broker, partitions, { assignment })
    await fill(broker, topic, megabytes, 100)
    return topic
  },
  async run(broker, { prepared: topic }) {
    const wanted = (await partitionsOf(broker, topic)).map(({ replicas: [id] }) => [1 + (id % 3)])
    const from = performance.now()
    await moveTo(broker, topic, wanted)
    return { reassignMs: performance.now() - from, bytes: megabytes * 1e6 }
  },
  clean: dropTopic,
}

export const clusterCases = [
  produce('cluster-produce', 'batches of 16 x 1 KB', { inFlight: 5, records: 16 }),
  produce('cluster-produce-1m', 'batches of 1000 x 1 KB', { inFlight: 2, records: 1000 }),
  java,
  rawLatency('cluster-latency-1000', 1000, three),
  create,
  reassign,
]
