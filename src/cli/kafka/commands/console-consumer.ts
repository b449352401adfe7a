// kafka-console-consumer: records of a topic, or of several, on the standard output.

import { readProperties, typedProperties } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { consumerWith } from '../consumer.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { DEFAULT_FORMATTER } from '../formatters/index.ts'
import { demand } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, integer, long, text } from '../options/table.ts'
import { exclude, formatterOf, maxMessagesOf, warn } from './console-options.ts'
import { printRecords, type Reading } from './console-reading.ts'
import { CONSOLE_CONSUMER, ConsumerSource, type Place } from './consumer-source.ts'

const ofFormatter =
  'A property of the formatter, as key=value; may be repeated: print.timestamp, print.key, print.offset, print.epoch, print.partition, print.headers, print.value (true or false), key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer.'

const options = {
  ...common,
  topic: text('topic', 'The topic to read.'),
  include: text('Java regex (String)', 'All topics whose name matches.'),
  partition: integer('partition', 'This partition alone, from its end on unless --offset says something else.'),
  offset: text('consume offset', 'Where to begin in the partition: a number, earliest or latest.', { initial: 'latest' }),
  'consumer-property': text('consumer_prop', 'The older name of --command-property.'),
  'command-property': text('consumer_prop', 'A property of the consumer, as key=value; may be repeated.'),
  'consumer.config': text('config file', 'The older name of --command-config.'),
  'command-config': text('config file', 'A file of properties for the consumer; --command-property goes before it.'),
  formatter: text('class', "What prints records: one of Kafka's formatters.", { initial: DEFAULT_FORMATTER }),
  property: text('prop', 'The older name of --formatter-property.'),
  'formatter-property': text('prop', ofFormatter),
  'formatter-config': text('config file', 'A file of properties for the formatter; --formatter-property goes before it.'),
  'from-beginning': flag('Begin with the first record where the group has committed nothing.'),
  'max-messages': integer('num_messages', 'End after so many records.'),
  'timeout-ms': long('timeout_ms', 'End where no record comes in so many milliseconds.'),
  'skip-message-on-error': flag('Go on behind a record that cannot be printed.'),
  'bootstrap-server': text('server to connect to', 'Required: brokers as host:port, separated by commas.'),
  'key-deserializer': text('deserializer for keys', "The class of one of Kafka's deserializers."),
  'value-deserializer': text('deserializer for values', "The class of one of Kafka's deserializers."),
  'enable-systest-events': flag('Print a line when it is ended by a signal.'),
  'isolation-level': text(undefined, 'read_committed: of transactions only what is committed.', { initial: 'read_uncommitted' }),
  group: text('consumer group id', 'The group to read in.'),
}

type Options = Found<typeof options>

export const consoleConsumer = command({
  options,
  examples: [
    'kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --from-beginning',
    'kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --group billing --max-messages 10',
    'kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --partition 0 --offset 42 --formatter-property print.key=true --formatter-property print.timestamp=true',
  ],
  helpsWithTrouble: true,
  about: 'This tool helps to read data from Kafka topics and outputs it to standard output.',
  check,
  async run(found, around) {
    warn(found, 'consumer-property', 'command-property', around)
    warn(found, 'consumer.config', 'command-config', around)
    const { properties, reading, place } = await settings(found, around)
    return printRecords(new ConsumerSource(consumerWith(properties), place, around), reading, around)
  },
})

function check(found: Options): void {
  if (found.has('topic') === found.has('include')) {
    throw new UsageFailure('Exactly one of the following arguments is required: [topic], [include]')
  }
  if (found.has('partition')) {
    if (!found.has('topic')) throw new UsageFailure('The topic is required when partition is specified.')
    if (found.has('from-beginning') && found.has('offset')) {
      throw new UsageFailure('Options from-beginning and offset cannot be specified together.')
    }
  } else if (found.has('offset')) throw new UsageFailure('The partition is required when offset is specified.')
  demand(found, 'bootstrap-server')
  exclude(found, 'consumer-property', 'command-property')
  exclude(found, 'consumer.config', 'command-config')
}

interface Settings {
  readonly properties: Map<string, string>
  readonly reading: Reading
  readonly place: Place
}

async function settings(found: Options, around: Surroundings): Promise<Settings> {
  const path = found.text('command-config') ?? found.text('consumer.config')
  const config = path === undefined ? new Map<string, string>() : await readProperties(path, around)
  const typed = typedProperties([...found.texts('consumer-property'), ...found.texts('command-property')])
  const groups = [found.text('group'), config.get('group.id'), typed.get('group.id')].filter((name) => name !== undefined)
  checkGroups(found, groups)
  const properties = consumerProperties(found, new Map([...config, ...typed]), groups[0], around)
  const place = {
    topic: found.text('topic') ?? patternOf(found.text('include')!),
    partition: found.number('partition') ?? null,
    offset: offsetOf(found),
    skipsErrors: found.has('skip-message-on-error'),
    commits: properties.get('enable.auto.commit')?.trim() !== 'false',
  }
  const timeoutMs = found.number('timeout-ms') ?? -1
  const reading = {
    timeoutMs: timeoutMs >= 0 ? timeoutMs : null,
    maxMessages: maxMessagesOf(found, around),
    tellsEvents: found.has('enable-systest-events'),
    logger: CONSOLE_CONSUMER,
    onSpoilt: 'Error processing message, skipping this message: ',
    formatter: await formatterOf(found, around),
  }
  return { properties, reading, place }
}

function checkGroups(found: Options, groups: readonly string[]): void {
  const names = [...new Set(groups)]
  if (names.length > 1) {
    throw new UsageFailure(
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${names.map((name) => `'${name}'`).join(', ')}`,
    )
  }
  if (names.length > 0 && found.has('partition')) {
    throw new UsageFailure('Options group and partition cannot be specified together.')
  }
}

function consumerProperties(
  found: Options,
  given: Map<string, string>,
  group: string | undefined,
  { randomBytes }: Surroundings,
): Map<string, string> {
  const properties = new Map(given)
  const reset = properties.get('auto.offset.reset')
  if (reset === undefined) properties.set('auto.offset.reset', found.has('from-beginning') ? 'earliest' : 'latest')
  else if (found.has('from-beginning') && reset !== 'earliest') {
    throw new Failure(`Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option`)
  }
  properties.set('bootstrap.servers', found.text('bootstrap-server')!)
  if (!properties.has('client.id')) properties.set('client.id', 'console-consumer')
  if (found.has('isolation-level') || !properties.has('isolation.level')) {
    properties.set('isolation.level', found.text('isolation-level')!)
  }
  if (group === undefined) {
    // Nobody will ask for what such a group has committed.
    const [high, middle, low] = randomBytes(3) as unknown as [number, number, number]
    properties.set('group.id', `console-consumer-${((high << 16) | (middle << 8) | low) % 100_000}`)
    if (!properties.has('enable.auto.commit')) properties.set('enable.auto.commit', 'false')
  } else properties.set('group.id', group)
  return properties
}

function patternOf(typed: string): RegExp {
  try {
    return new RegExp(`^(?:${typed})$`)
  } catch {
    throw new Failure(`--include ${typed} is no regular expression`)
  }
}

function offsetOf(found: Options): number | 'earliest' | 'latest' {
  if (!found.has('offset')) return found.has('from-beginning') ? 'earliest' : 'latest'
  const typed = found.text('offset')!
  const word = typed.toLowerCase()
  if (word === 'earliest' || word === 'latest') return word
  if (/^\+?\d{1,19}$/.test(typed) && BigInt(typed) < 2n ** 63n) return Number(typed)
  throw new UsageFailure(
    `The provided offset value '${typed}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  )
}
