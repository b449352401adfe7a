/** Apache's own ProducerPerformance and ConsumerPerformance, which cost more CPU than either broker does. */
import { javaConsume, javaProduce } from '../clients.mjs'
import { dropTopic, newTopic, withTopic } from '../topics.mjs'

/** How many records a second these are on two cores, about: it only decides how many records a case takes. */
const rates = {
  'none 12': { 100: 700_000, 1024: 170_000, 10240: 18_000 },
  'none 1': { 100: 400_000, 1024: 110_000, 10240: 14_000 },
  'lz4 12': { 100: 600_000, 1024: 130_000, 10240: 16_000 },
  'zstd 12': { 100: 450_000, 1024: 95_000, 10240: 11_000 },
}
const consumed = { 100: 2_500_000, 1024: 500_000 }

const thousands = (records) => Math.max(1, Math.round(records / 1000)) * 1000
const jvm = 2

function produce(size, partitions, codec, fsync = false) {
  const rate = rates[`${codec} ${partitions}`][size]
  return {
    name: `java-produce-${size}-p${partitions}${codec === 'none' ? '' : `-${codec}`}`,
    about: `ProducerPerformance, ${size} B, ${partitions === 1 ? 'one partition' : `${partitions} partitions`}, ${codec === 'none' ? 'not compressed' : codec}`,
    group: 'java',
    main: 'recordsPerSecond',
    needs: 'java',
    brokers: fsync ? ['ours', 'apache', 'ours-fsync'] : ['ours', 'apache'],
    takes: (seconds) => seconds + jvm,
    run: (broker, { seconds, libs }) =>
      withTopic(broker, partitions, (topic) =>
        javaProduce(libs, broker, topic, { size, codec, records: thousands(rate * seconds) }),
      ),
  }
}

function consume(size) {
  const records = (seconds) => thousands(consumed[size] * seconds * 0.6)
  return {
    name: `java-consume-${size}`,
    about: `ConsumerPerformance, ${size} B, 12 partitions, hot data`,
    group: 'java',
    main: 'recordsPerSecond',
    needs: 'java',
    prepares: (seconds) => seconds * 2.5 + jvm,
    takes: (seconds) => seconds + jvm,
    prepare: async (broker, { seconds, libs }) => {
      const topic = await newTopic(broker, 12)
      await javaProduce(libs, broker, topic, { size, records: records(seconds) })
      return topic
    },
    run: (broker, { seconds, libs, prepared: topic }) => javaConsume(libs, broker, topic, { size, records: records(seconds) }),
    clean: dropTopic,
  }
}

const sizes = [100, 1024, 10_240]

export const javaCases = [
  ...sizes.map((size) => produce(size, 12, 'none', size === 1024)),
  ...sizes.map((size) => produce(size, 1, 'none')),
  ...['lz4', 'zstd'].flatMap((codec) => sizes.map((size) => produce(size, 12, codec))),
  consume(100),
  consume(1024),
]
