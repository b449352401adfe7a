/** What a second process of ours brings on the same machine, the leaders divided among the two: more than one core, without replicas. */
import { load } from '../clients.mjs'
import { dropTopic, leadersOf, newTopic, withTopic } from '../topics.mjs'
import { fill } from './raw.mjs'

const shared = { group: 'processes', main: 'mbPerSecond', brokers: ['ours', 'ours-two'] }

export const processesCases = [
  {
    ...shared,
    name: 'processes-produce',
    about: 'one process and two, raw Produce, batches of 16 x 1 KB, 12 connections x 5 in flight, one replica',
    takes: (seconds) => seconds + Math.min(2, seconds / 4) + 1.2,
    run: (broker, { seconds }) =>
      withTopic(broker, 12, (topic, leaders) =>
        load('produce', { leaders, topic, partitions: 12, connections: 12, inFlight: 5, records: 16, size: 1024, seconds }),
      ),
  },
  {
    ...shared,
    name: 'processes-fetch',
    about: 'one process and two, raw Fetch of 1.2 GB in the page cache, 4 connections',
    prepares: () => 5,
    takes: (seconds) => seconds + 1.3,
    prepare: async (broker) => {
      const topic = await newTopic(broker, 12)
      await fill(broker, topic, 1200)
      return topic
    },
    run: async (broker, { seconds, prepared: topic }) =>
      load('fetch', { leaders: await leadersOf(broker, topic), topic, partitions: 12, connections: 4, seconds }),
    clean: dropTopic,
  },
]
