/** Open loop at a fixed rate, far from what the broker can take: how long does one record wait? */
import { javaLatency, latencyClassPath, load } from '../clients.mjs'
import { withTopic } from '../topics.mjs'

const records = { topicPartitions: 12, size: 1024 }

/** Where a cluster is meant, `group`, `nodes` and `replicas` say so. */
export function rawLatency(name, rate, { group = 'latency', nodes = 1, replicas = 1 } = {}) {
  const about = `${rate.toLocaleString('en-US')} records/s of 1 KB, acks=all, raw sockets: acknowledgement and end to end`
  return {
    name,
    about: nodes > 1 ? `${nodes} brokers, ${replicas} replicas, ${about}` : about,
    group,
    nodes,
    replicas,
    main: 'end-to-end p99',
    lowerIsBetter: true,
    brokers: ['ours', 'apache', 'ours-fsync'],
    takes: (seconds) => Math.max(5, seconds) + 6,
    run: (broker, { seconds, dir }) => {
      const settings = { rate, size: records.size, partitions: records.topicPartitions }
      const run = async (topic, leaders) => {
        const figures = await load('latency', { ...settings, leaders, topic, seconds: Math.max(5, seconds) })
        const isFlushing = broker.name === 'ours-fsync' && nodes === 1
        return isFlushing ? { ...figures, ...(await bareDisk(dir, settings, figures)) } : figures
      }
      return withTopic(broker, records.topicPartitions, run, { replicas })
    },
  }
}

/** What the disk alone takes, and how much longer than that our answer took. */
async function bareDisk(dir, { rate, size, partitions }, figures) {
  const disk = await load('fdatasync', { dir: `${dir}/bare-disk`, files: partitions, rate, size: size + 76, seconds: 2 })
  const above = (name) => figures[name] - disk['bare round p50']
  return {
    ...disk,
    'ack p50 above the bare round': above('ack p50'),
    'end-to-end p50 above the bare round': above('end-to-end p50'),
  }
}

function java(name, rate, withConsumer) {
  return {
    name,
    about: `${rate.toLocaleString('en-US')} records/s of 1 KB, acks=all, Apache's producer${withConsumer ? ' and consumer' : ''}`,
    group: 'latency',
    main: withConsumer ? 'end-to-end p99' : 'ack p99',
    lowerIsBetter: true,
    needs: 'java',
    takes: (seconds) => Math.max(5, seconds) + 6.5,
    prepare: (_, { libs }) => latencyClassPath(libs),
    run: (broker, { seconds, prepared: classPath }) =>
      withTopic(broker, records.topicPartitions, (topic) => {
        const settings = { rate, size: records.size, partitions: records.topicPartitions, withConsumer }
        return javaLatency(classPath, broker, topic, { ...settings, warmSeconds: 4, seconds: Math.max(5, seconds) })
      }),
  }
}

export const latencyCases = [
  rawLatency('latency-1000', 1000),
  java('java-latency-1000', 1000, true),
  java('java-latency-40000', 40_000, false),
]
