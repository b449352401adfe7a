/** kafka-console-producer, kafka-console-consumer. */
import { changes, looks, reads, wrong } from './line.mjs'

const producer = 'kafka-console-producer'
const consumer = 'kafka-console-consumer'
/** The judge prints what is at the root of an exception, where the command itself tells what it was thrown for. */
const CAUSE = /For input string|Cannot parse argument/
const TIMES = [[/(CreateTime|LogAppendTime):\d+/g, '$1:TIME']]
const all = '$B --topic said --partition 0 --offset earliest --max-messages 8'
const prints = (...names) => names.map((name) => `--formatter-property print.${name}=true`).join(' ')

/** One JSON behind the other, in any order, without the times in them. */
const apart = (text) =>
  text
    .replace(/\}\{/g, '}\n{')
    .replace(/("(?:commit|currentState|expire|txnStart|txnLastUpdate)Timestamp(?:Ms)?":)\d+/g, '$1TIME')
    .split('\n')
    .sort()
    .join('\n')
const formatter = (name) => `--formatter org.apache.kafka.tools.consumer.${name}MessageFormatter`

export const consoles = [
  wrong(producer, ''),
  wrong(producer, '--help'),
  wrong(producer, '--version'),
  wrong(producer, '$B'),
  wrong(producer, '--topic said'),
  wrong(producer, '--bootstrap-server nobody --topic said'),
  wrong(producer, '$B --topic said --nothing'),
  wrong(producer, '$B --topic'),
  wrong(producer, '$B --topic said --reader-property a=b --property c=d'),
  wrong(producer, '$B --topic said --command-property a=b --producer-property c=d'),
  wrong(producer, '$B --topic said --command-config $D/client.properties --producer.config $D/client.properties'),
  wrong(producer, '$B --topic said --batch-size ten'),
  wrong(producer, '$B --topic said --reader-property null.marker=,'),
  wrong(producer, '$B --topic said --reader-property headers.delimiter=:'),
  wrong(producer, '$B --topic said --command-config $D/no-such.properties'),

  changes('kafka-topics', '$B --create --topic said'),
  changes(producer, '$B --topic said', { input: 'one\n\ntwo\r\n' }),
  changes(producer, '$B --topic said --sync --reader-property parse.key=true', { input: 'key\tvalue\n' }),
  changes(producer, '$B --topic said --compression-codec --reader-property parse.key=true --reader-property key.separator=:', {
    input: 'k:v:w\n',
  }),
  changes(
    producer,
    '$B --topic said --compression-codec zstd --reader-property parse.headers=true --reader-property parse.key=true --reader-property null.marker=NIL',
    { input: 'a:1,b:NIL\tNIL\tx\nNIL\tk\tNIL\n' },
  ),
  changes(producer, '$B --topic said --property parse.headers=true --producer-property acks=1 --request-required-acks 1', {
    input: 'a:1,\tlast',
  }),
  changes(producer, '$B --topic said --reader-property parse.key=true', { input: 'no key here\n' }),
  changes(producer, '$B --topic said --reader-property parse.headers=true', { input: 'a:1\tfine\nb\tx\n' }),
  changes(producer, '$B --topic said --reader-config $D/reader.properties --max-partition-memory-bytes 1000', {
    input: 'from;file\nwithout\n',
  }),

  wrong(consumer, ''),
  wrong(consumer, '--help'),
  wrong(consumer, '--version'),
  wrong(consumer, '$B'),
  wrong(consumer, '--topic said'),
  wrong(consumer, '$B --topic said --include a'),
  wrong(consumer, '$B --include said --partition 0'),
  wrong(consumer, '$B --topic said --offset 1'),
  wrong(consumer, '$B --topic said --partition 0 --offset soon'),
  wrong(consumer, '$B --topic said --partition 0 --offset -5'),
  wrong(consumer, '$B --topic said --partition zero', { ignores: CAUSE }),
  wrong(consumer, '$B --topic said --partition 0 --offset 1 --from-beginning'),
  wrong(consumer, '$B --topic said --partition 0 --group g'),
  wrong(consumer, '$B --topic said --group g --command-property group.id=h'),
  wrong(consumer, '$B --topic said --formatter no.such.Formatter'),
  wrong(consumer, '$B --topic said --property a=b --formatter-property c=d'),
  wrong(consumer, '$B --topic said --from-beginning --command-property auto.offset.reset=latest'),
  wrong(consumer, '$B --topic said --consumer-property a=b --command-property c=d'),
  wrong(consumer, '$B --topic said --consumer.config $D/client.properties --command-config $D/client.properties'),
  wrong(consumer, '$B --topic said --max-messages many'),

  reads(consumer, all),
  reads(consumer, `${all} ${prints('key', 'headers', 'partition', 'offset')}`),
  reads(consumer, `${all} ${prints('timestamp', 'epoch', 'delivery', 'key')} --formatter-property print.value=false`, {
    masks: TIMES,
  }),
  reads(consumer, `${all} --property print.key=true --property key.separator=" = " --property null.literal=(none)`),
  reads(consumer, `${all} ${prints('headers')} --formatter-property headers.separator=; --formatter-property line.separator=!`),
  reads(consumer, `${all} --formatter-config $D/formatter.properties --consumer.config $D/client.properties`),
  reads(consumer, `${all} --value-deserializer org.apache.kafka.common.serialization.BytesDeserializer`),
  reads(consumer, `${all} ${prints('key')} --key-deserializer org.apache.kafka.common.serialization.StringDeserializer`),
  reads(consumer, `${all} --value-deserializer org.apache.kafka.common.serialization.LongDeserializer`),
  reads(consumer, `${all} --value-deserializer org.apache.kafka.common.serialization.LongDeserializer --skip-message-on-error`),
  reads(consumer, `${all} --value-deserializer no.such.Deserializer`),
  reads(consumer, `${all} ${formatter('NoOp')}`),
  reads(consumer, `${all} ${formatter('Logging')}`),
  reads(consumer, '$B --topic said --partition 0 --offset 3 --max-messages 2'),
  reads(consumer, '$B --topic said --partition 0 --from-beginning --max-messages 1'),
  reads(consumer, '$B --topic said --partition 0 --timeout-ms 300'),
  reads(consumer, '$B --topic said --partition 0 --offset earliest --timeout-ms 1500 --isolation-level read_committed'),
  reads(consumer, '$B --topic said --from-beginning --timeout-ms 3000'),
  reads(consumer, '$B --include sai. --from-beginning --max-messages 3 --command-property max.poll.records=2'),
  reads(consumer, '$B --topic said --from-beginning --max-messages 0'),
  changes(consumer, '$B --topic said --group cg --from-beginning --max-messages 2'),
  reads('kafka-consumer-groups', '$B --describe --group cg'),
  changes(consumer, '$B --topic said --group cg --from-beginning --max-messages 3'),
  reads('kafka-consumer-groups', '$B --describe --group cg'),
  changes(consumer, '$B --topic said --group cg --timeout-ms 3000'),
  reads('kafka-consumer-groups', '$B --describe --group cg'),
  looks(consumer, `$B --topic __consumer_offsets --from-beginning --timeout-ms 4000 ${formatter('Offsets')}`, {
    normalize: apart,
    ignores: /^Processed a total/,
  }),
  looks(
    consumer,
    `$B --topic __consumer_offsets --partition 22 --from-beginning --timeout-ms 1500 ${formatter('GroupMetadata')}`,
    {
      normalize: apart,
    },
  ),
  looks(consumer, `$B --topic said --partition 0 --from-beginning --max-messages 3 ${formatter('TransactionLog')}`),
]
