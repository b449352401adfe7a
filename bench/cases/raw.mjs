/** The broker's own limit: requests on raw sockets that are built once, answers that are hardly looked at. */
import { load } from '../clients.mjs'
import { dropTopic, leadersOf, newTopic, withTopic } from '../topics.mjs'

/** Raw Produce requests; ours also flushes before it answers, as it does by default, and Apache flushes after every batch. */
function produce(name, about, settings) {
  return {
    name,
    about: `raw Produce, ${about}, acks=all`,
    group: 'raw',
    main: settings.records === 1 ? 'requestsPerSecond' : 'mbPerSecond',
    brokers: ['ours', 'apache', 'ours-fsync', 'apache-flush'],
    takes: (seconds) => seconds + Math.min(2, seconds / 4) + 1.2,
    run: (broker, { seconds }) =>
      withTopic(broker, 12, (topic, leaders) => load('produce', { leaders, topic, partitions: 12, seconds, ...settings })),
  }
}

/** Raw Fetch of what was produced before, `megabytes` in all. */
function fetch(name, about, megabytes) {
  return {
    name,
    about: `raw Fetch ${about}, 4 connections`,
    group: 'raw',
    main: 'mbPerSecond',
    prepares: () => (megabytes > 100 ? 5 : 2),
    takes: (seconds) => seconds + 1.3,
    prepare: async (broker) => {
      const topic = await newTopic(broker, 12)
      await fill(broker, topic, megabytes)
      return topic
    },
    run: async (broker, { seconds, prepared: topic }) =>
      load('fetch', { leaders: await leadersOf(broker, topic), topic, partitions: 12, connections: 4, seconds }),
    clean: dropTopic,
  }
}

/** Fills every partition with about as much, through twelve connections that send until enough is there. */
export async function fill(broker, topic, megabytes, records = 16) {
  const leaders = await leadersOf(broker, topic)
  const settings = { leaders, topic, partitions: 12, connections: 12, inFlight: 1, records, size: 1024 }
  for (let done = 0; done < megabytes; )
    done += (await load('produce', { ...settings, seconds: megabytes > 100 ? 1 : 0.02 })).bytes / 1e6
}

const few = { connections: 4, inFlight: 5, size: 1024 }

export const rawCases = [
  produce('produce-16k', 'batches of 16 x 1 KB, 4 connections x 5 in flight', { ...few, records: 16 }),
  produce('produce-1m', 'batches of 1000 x 1 KB, 4 connections x 5 in flight', { ...few, records: 1000 }),
  produce('produce-small', '200 connections, one record of 100 B each, 1 in flight', {
    connections: 200,
    inFlight: 1,
    records: 1,
    size: 100,
  }),
  fetch('fetch-cached', 'of 1.2 GB in the page cache, 1 MB a partition', 1200),
  fetch('fetch-tail', 'of the last megabyte or so of each of 12 partitions', 12),
]
