/** librdkafka's own rdkafka_performance. */
import { rdkafkaConsume, rdkafkaProduce } from '../librdkafka.mjs'
import { dropTopic, newTopic, withTopic } from '../topics.mjs'

const size = 1024
const groupId = (turn) => `bench-${process.pid}-${turn}`

export const librdkafkaCases = [
  {
    name: 'librdkafka-produce',
    about: 'rdkafka_performance, 1 KB, 12 partitions, acks=all, linger 5 ms',
    group: 'librdkafka',
    main: 'recordsPerSecond',
    needs: 'librdkafka',
    takes: (seconds) => seconds + 2.5,
    run: (broker, { seconds, rdkafka }) =>
      withTopic(broker, 12, (topic) => rdkafkaProduce(rdkafka, broker, topic, { size, records: 500_000 * seconds })),
  },
  {
    name: 'librdkafka-consume',
    about: 'rdkafka_performance, 1 KB, 12 partitions, hot data, a group of one',
    group: 'librdkafka',
    main: 'recordsPerSecond',
    needs: 'librdkafka',
    prepares: (seconds) => seconds * 2,
    takes: (seconds) => seconds + 1.5,
    async prepare(broker, { seconds, rdkafka }) {
      const topic = await newTopic(broker, 12)
      await rdkafkaProduce(rdkafka, broker, topic, { size, records: 600_000 * seconds })
      return topic
    },
    run: (broker, { seconds, rdkafka, prepared: topic, turn }) =>
      rdkafkaConsume(rdkafka, broker, topic, { records: 600_000 * seconds, group: groupId(turn) }),
    clean: dropTopic,
  },
]
