/** kafka-producer-perf-test, kafka-consumer-perf-test, kafka-e2e-latency, kafka-server-start. */
import { changes, wrong } from './line.mjs'

const producer = 'kafka-producer-perf-test'
const consumer = 'kafka-consumer-perf-test'
const latency = 'kafka-e2e-latency'
const server = 'kafka-server-start'

/** Whatever was measured. */
const MEASURED = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}/g, 'TIME'],
  [/^(TIME, TIME, [\d.]+, )[\d.]+(, \d+, ).*$/gm, '$1N$2N'],
  [/\d+\.\d+(?!th)/g, 'N'],
  [/\d+ ms/g, 'N ms'],
  [/(50|99|99\.9)th = \d+/g, '$1th = N'],
  [/Infinity|NaN/g, 'N'],
]
const measured = { masks: MEASURED }
const ten = '--topic timed --num-records 10'

export const perf = [
  wrong(producer, ''),
  wrong(producer, '--help'),
  wrong(producer, '$B --topic a --num-records 10 --record-size 1'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1'),
  wrong(producer, '$B --topic a --num-records ten --throughput -1 --record-size 1'),
  wrong(producer, '$B --topic a --num-records 10 --throughput fast --record-size 1'),
  wrong(producer, '$B --topic a --num-records 0 --throughput -1 --record-size 1'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 0'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 1 --payload-monotonic'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 1 --warmup-records 10'),
  wrong(producer, '--topic a --num-records 10 --throughput -1 --record-size 1'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 1 --reporting-interval 0'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 1 --transaction-duration-ms 0'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 1 --command-property a=b --producer-props c=d'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 1 --command-property a'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --record-size 1 --nothing'),
  wrong(producer, '$B --topic a --num-records 10 --throughput -1 --payload-file $D/no-such.txt'),

  changes('kafka-topics', '$B --create --topic timed'),
  changes(producer, `$B ${ten} --throughput -1 --record-size 100`, measured),
  changes(producer, `$B ${ten} --throughput 1000 --payload-file $D/payloads.txt --payload-delimiter ;`, measured),
  changes(producer, `$B ${ten} --throughput -1 --payload-monotonic --warmup-records 4`, measured),
  changes(producer, `${ten} --throughput -1 --record-size 10 --producer-props bootstrap.servers=$A acks=1`, measured),
  changes(producer, `$B ${ten} --throughput -1 --record-size 10 --transactional-id timed-tx`, { ...measured, on: 'apache' }),

  wrong(consumer, ''),
  wrong(consumer, '--help'),
  wrong(consumer, '--version'),
  wrong(consumer, '$B'),
  wrong(consumer, '$B --topic a'),
  wrong(consumer, '$B --topic a --num-records 5 --messages 5'),
  wrong(consumer, '$B --topic a --include b --num-records 5'),
  wrong(consumer, '--topic a --num-records 5'),
  wrong(consumer, '$B --topic a --num-records 5 --consumer.config $D/client.properties --command-config $D/client.properties'),
  wrong(consumer, '$B --topic a --num-records five --hide-header', { ignores: /For input string|Cannot parse argument/ }),
  changes(consumer, '$B --topic timed --num-records 20', measured),
  changes(consumer, '$B --topic timed --messages 20 --hide-header --fetch-size 1000', measured),
  changes(consumer, '$B --include time. --num-records 20 --group timed-group --command-property max.poll.records=5', measured),
  changes(consumer, '$B --topic timed --num-records 5 --from-latest --timeout 1000', measured),
  changes(consumer, '$B --topic timed --num-records 5 --show-detailed-stats', measured),

  wrong(latency, ''),
  wrong(latency, '--help'),
  wrong(latency, '--version'),
  wrong(latency, '$A timed'),
  wrong(latency, '$B --topic timed'),
  wrong(latency, '$B --topic timed --num-records 5 --producer-acks 2 --record-size 10'),
  wrong(latency, '$B --topic timed --num-records 0 --producer-acks 1 --record-size 10'),
  wrong(latency, '$B --topic timed --num-records 5 --producer-acks 1 --record-size 10 --record-header-size -2'),
  changes(latency, '$B --topic timed --num-records 5 --producer-acks all --record-size 10', measured),
  changes(latency, '$A timed-new 3 1 10', measured),
  changes(
    latency,
    '$B --topic timed --num-records 3 --producer-acks 1 --record-size 10 --record-key-size 5 --num-headers 2 --record-header-key-size 3 --record-header-size -1',
    measured,
  ),

  wrong(server, '--version'),
  wrong(server, '$S/node.properties one two'),
]
