/** The cases that put load on running brokers. Each gives figures for one run against one broker. */
import { dropTopic, javaConsume, javaProduce, load, newTopic, withIdleConnections, withTopic } from './clients.mjs'
import { rssOf } from './measure.mjs'

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

/** Raw Produce requests; `fsync` rows run ours with its own default, which flushes before it answers. */
function rawProduce(name, about, settings) {
  return {
    name,
    about,
    main: settings.records === 1 ? 'requestsPerSecond' : 'mbPerSecond',
    alsoWithFsync: true,
    run: (broker, { seconds }) =>
      withTopic(broker, 12, (topic) =>
        load('produce', { bootstrap: broker.bootstrap, topic, partitions: 12, seconds, ...settings }),
      ),
  }
}

/** Raw Fetch of what was produced before, `megabytes` in all. */
function rawFetch(name, about, megabytes) {
  return {
    name,
    about,
    main: 'mbPerSecond',
    prepare: async (broker) => {
      const topic = await newTopic(broker, 12)
      await fill(broker, topic, megabytes)
      return topic
    },
    run: (broker, { seconds, prepared: topic }) =>
      load('fetch', { bootstrap: broker.bootstrap, topic, partitions: 12, connections: 4, seconds }),
    clean: dropTopic,
  }
}

/** Fills every partition with about as much, through twelve connections that send until enough is there. */
async function fill(broker, topic, megabytes) {
  const settings = { bootstrap: broker.bootstrap, topic, partitions: 12, connections: 12, inFlight: 1, records: 16, size: 1024 }
  for (let done = 0; done < megabytes; )
    done += (await load('produce', { ...settings, seconds: megabytes > 100 ? 1 : 0.02 })).bytes / 1e6
}

/** How many records a Java case takes: a guess of the rate that only decides how long it lasts. */
const recordsFor = (size, seconds) => Math.round(((size === 100 ? 700_000 : 170_000) * seconds) / 1000) * 1000

function javaProduceCase(size) {
  return {
    name: `java-produce-${size}`,
    about: `ProducerPerformance, ${size} B, 12 partitions, acks=all, idempotent`,
    main: 'recordsPerSecond',
    needsJava: true,
    alsoWithFsync: size === 1024,
    run: (broker, { seconds, libs }) =>
      withTopic(broker, 12, (topic) => javaProduce(libs, broker, topic, { size, records: recordsFor(size, seconds) })),
  }
}

function javaConsumeCase(size) {
  return {
    name: `java-consume-${size}`,
    about: `ConsumerPerformance, ${size} B, 12 partitions`,
    main: 'recordsPerSecond',
    needsJava: true,
    prepare: async (broker, { seconds, libs }) => {
      const topic = await newTopic(broker, 12)
      await javaProduce(libs, broker, topic, { size, records: recordsFor(size, seconds) })
      return topic
    },
    run: (broker, { seconds, libs, prepared: topic }) =>
      javaConsume(libs, broker, topic, { size, records: recordsFor(size, seconds) }),
    clean: dropTopic,
  }
}

export const loadCases = [
  rawProduce('produce-16k', 'raw Produce, batches of 16 x 1 KB, 4 connections x 5 in flight, acks=all', {
    connections: 4,
    inFlight: 5,
    records: 16,
    size: 1024,
  }),
  rawProduce('produce-1m', 'raw Produce, batches of 1000 x 1 KB, 4 connections x 5 in flight, acks=all', {
    connections: 4,
    inFlight: 5,
    records: 1000,
    size: 1024,
  }),
  rawProduce('produce-small', 'raw Produce, 200 connections, one record of 100 B each, 1 in flight, acks=all', {
    connections: 200,
    inFlight: 1,
    records: 1,
    size: 100,
  }),
  rawFetch('fetch-cached', 'raw Fetch of 1.2 GB in the page cache, 1 MB a partition, 4 connections', 1200),
  rawFetch('fetch-tail', 'raw Fetch of the last megabyte or so of each partition, 4 connections', 12),
  javaProduceCase(1024),
  javaProduceCase(100),
  javaConsumeCase(1024),
  javaConsumeCase(100),
  {
    name: 'latency-1000',
    about: '1,000 records/s of 1 KB, acks=all, open loop: acknowledgement and end to end',
    main: 'ack p99',
    lowerIsBetter: true,
    alsoWithFsync: true,
    run: (broker, { seconds }) =>
      withTopic(broker, 12, (topic) =>
        load('latency', {
          bootstrap: broker.bootstrap,
          topic,
          partitions: 12,
          rate: 1000,
          size: 1024,
          seconds: Math.max(5, seconds),
        }),
      ),
  },
  {
    name: 'idle-2000',
    about: '2,000 idle connections on the broker after the load above',
    main: 'rssWith',
    lowerIsBetter: true,
    async run(broker) {
      const rssBefore = rssOf(broker.pid)
      return withIdleConnections(broker, 2000, async () => {
        await sleep(1500)
        return { rssBefore, rssWith: rssOf(broker.pid) }
      })
    },
  },
]
