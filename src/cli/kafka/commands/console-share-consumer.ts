// kafka-console-share-consumer: records that a share group gives out, on the standard output.

import { ShareConsumer, type ShareConsumerConfig } from '../../../client/share-consumer/index.ts'
import { shareConsumerOptions } from '../../../config/client/share-consumer.ts'
import { optionsOf, readProperties, typedProperties } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { DEFAULT_FORMATTER } from '../formatters/index.ts'
import { demand } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, integer, text } from '../options/table.ts'
import { exclude, formatterOf, maxMessagesOf, warn } from './console-options.ts'
import { printRecords } from './console-reading.ts'
import { ShareSource } from './share-source.ts'

const ofFormatter =
  'A property of the formatter, as key=value; may be repeated: print.timestamp, print.key, print.offset, print.delivery, print.epoch, print.partition, print.headers, print.value (true or false), key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer.'

const options = {
  ...common,
  topic: text('topic', 'The topic to read.'),
  'consumer-property': text('consumer_prop', 'The older name of --command-property.'),
  'command-property': text('consumer_prop', 'A property of the consumer, as key=value; may be repeated.'),
  'consumer-config': text('config file', 'The older name of --command-config.'),
  'command-config': text('config file', 'A file of properties for the consumer; --command-property goes before it.'),
  formatter: text('class', "What prints records: one of Kafka's formatters.", { initial: DEFAULT_FORMATTER }),
  property: text('prop', 'The older name of --formatter-property.'),
  'formatter-property': text('prop', ofFormatter),
  'formatter-config': text('config file', 'A file of properties for the formatter; --formatter-property goes before it.'),
  'max-messages': integer('num_messages', 'End after so many records.'),
  'timeout-ms': integer('timeout_ms', 'End where no record comes in so many milliseconds.'),
  reject: flag('Reject what was printed: nobody gets it again.'),
  release: flag('Release what was printed: somebody gets it again.'),
  'reject-message-on-error': flag('Reject a record that cannot be printed, and go on.'),
  'bootstrap-server': text('server to connect to', 'Required: brokers as host:port, separated by commas.'),
  'key-deserializer': text('deserializer for keys', "The class of one of Kafka's deserializers."),
  'value-deserializer': text('deserializer for values', "The class of one of Kafka's deserializers."),
  group: text('share group id', 'The share group to read in.'),
  'enable-systest-events': flag('Print a line when it is ended by a signal.'),
}

type Options = Found<typeof options>

export const consoleShareConsumer = command({
  options,
  examples: [
    'kafka-console-share-consumer --bootstrap-server localhost:9092 --topic orders --group workers',
    'kafka-console-share-consumer --bootstrap-server localhost:9092 --topic orders --group workers --release --max-messages 5',
  ],
  helpsWithTrouble: true,
  about: 'This tool helps to read data from Kafka topics using share groups and outputs it to standard output.',
  check,
  async run(found, around) {
    warn(found, 'consumer-property', 'command-property', around)
    warn(found, 'consumer-config', 'command-config', around)
    const properties = await consumerProperties(found, around)
    const timeoutMs = found.number('timeout-ms') ?? -1
    const reading = {
      timeoutMs: timeoutMs >= 0 ? timeoutMs : null,
      maxMessages: maxMessagesOf(found, around),
      tellsEvents: found.has('enable-systest-events'),
      logger: 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
      onSpoilt: 'Error processing message, rejecting this message: ',
      formatter: await formatterOf(found, around),
    }
    const outcome = {
      acknowledges: found.has('reject') ? ('reject' as const) : found.has('release') ? ('release' as const) : ('accept' as const),
      rejectsSpoilt: found.has('reject-message-on-error'),
    }
    return printRecords(new ShareSource(consumerWith(properties), found.text('topic')!, outcome), reading, around)
  },
})

function check(found: Options): void {
  if (!found.has('topic')) throw new UsageFailure('--topic is a required argument')
  demand(found, 'bootstrap-server')
  if (found.has('reject') && found.has('release')) {
    throw new UsageFailure('At most one of --reject and --release may be specified.')
  }
  exclude(found, 'consumer-property', 'command-property')
  exclude(found, 'consumer-config', 'command-config')
}

async function consumerProperties(found: Options, around: Surroundings): Promise<Map<string, string>> {
  const path = found.text('command-config') ?? found.text('consumer-config')
  const config = path === undefined ? new Map<string, string>() : await readProperties(path, around)
  const typed = typedProperties([...found.texts('consumer-property'), ...found.texts('command-property')])
  const groups = [found.text('group'), config.get('group.id'), typed.get('group.id')].filter((name) => name !== undefined)
  const names = [...new Set(groups)]
  if (names.length > 1) {
    throw new UsageFailure(
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer-config') do not match. Detected group ids: ${names.map((name) => `'${name}'`).join(', ')}`,
    )
  }
  const properties = new Map([...config, ...typed])
  properties.set('bootstrap.servers', found.text('bootstrap-server')!)
  if (!properties.has('client.id')) properties.set('client.id', 'console-share-consumer')
  properties.set('group.id', names[0] ?? 'console-share-consumer')
  properties.set('share.acknowledgement.mode', 'explicit')
  return properties
}

function consumerWith(properties: ReadonlyMap<string, string>): ShareConsumer {
  try {
    return new ShareConsumer(
      optionsOf(properties, shareConsumerOptions) as unknown as ShareConsumerConfig<Uint8Array | null, Uint8Array | null>,
    )
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    throw new Failure((thrown as Error).message)
  }
}
