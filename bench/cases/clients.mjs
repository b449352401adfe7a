/** What a program with kafkajs gets. The client is the limit: the rows show that neither broker makes it slower. */
import { load } from '../clients.mjs'
import { dropTopic, leadersOf, newTopic, withTopic } from '../topics.mjs'

const settings = (broker, topic, seconds) => ({ bootstrap: broker.bootstrap, topic, size: 1024, seconds })

export const clientCases = [
  {
    name: 'kafkajs-produce',
    about: 'kafkajs, 1 KB, 12 partitions, acks=all, 5 sends of 64 records in flight',
    group: 'clients',
    main: 'recordsPerSecond',
    takes: (seconds) => seconds + 2.5,
    run: (broker, { seconds }) =>
      withTopic(broker, 12, (topic) => load('kafkajs', { ...settings(broker, topic, seconds), mode: 'produce' })),
  },
  {
    name: 'kafkajs-consume',
    about: 'kafkajs, 1 KB, 12 partitions, hot data, a group of one',
    group: 'clients',
    main: 'recordsPerSecond',
    prepares: (seconds) => seconds * 3,
    takes: (seconds) => seconds + 2,
    async prepare(broker, { seconds }) {
      const topic = await newTopic(broker, 12)
      const records = 140_000 * seconds
      const leaders = await leadersOf(broker, topic)
      const fast = { leaders, topic, partitions: 12, connections: 12, inFlight: 1, records: 100, size: 1024 }
      for (let sent = 0; sent < records; ) sent += (await load('produce', { ...fast, seconds: 0.5 })).bytes / 1024
      return { topic, records }
    },
    run: (broker, { seconds, prepared: { topic, records } }) =>
      load('kafkajs', { ...settings(broker, topic, seconds), mode: 'consume', records }),
    clean: (broker, { topic }) => dropTopic(broker, topic),
  },
]
