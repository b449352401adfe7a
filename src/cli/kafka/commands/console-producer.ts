// kafka-console-producer: a record of each line that comes in.

import { ClientError } from '../../../client/errors/index.ts'
import type { Producer } from '../../../client/producer/producer.ts'
import { readProperties, typedProperties } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaText } from '../java.ts'
import { linesOf } from '../lines.ts'
import { logError } from '../log-line.ts'
import { checkBootstrap, demand, NO_SOCKET_BUFFERS } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, integer, long, text } from '../options/table.ts'
import { producerWith } from '../producer.ts'
import { lineReader } from './line-reader.ts'

const LINE_READER = 'org.apache.kafka.tools.LineMessageReader'
const property = 'A property of the producer, as key=value; may be repeated.'
const ofReader =
  'A property of the line reader, as key=value; may be repeated: parse.key, parse.headers, ignore.error (true or false), key.separator, headers.delimiter, headers.separator, headers.key.separator, null.marker.'

const options = {
  ...common,
  topic: text('topic', 'Required: the topic to produce to.'),
  'bootstrap-server': text('server to connect to', 'Required: brokers as host:port, separated by commas.'),
  sync: flag('Wait until a record is acknowledged before the next one is sent.'),
  'compression-codec': text('compression-codec', 'none, gzip, snappy, lz4 or zstd; gzip where nothing is said.', {
    isOptional: true,
  }),
  'batch-size': integer('size', 'Bytes of a batch (batch.size).', { initial: 16_384 }),
  'message-send-max-retries': integer(undefined, 'How often a batch is sent again (retries).', { initial: 3 }),
  'retry-backoff-ms': long(undefined, 'Milliseconds before a batch is sent again (retry.backoff.ms).', { initial: 100 }),
  timeout: long('timeout_ms', 'Milliseconds that a batch waits for more records (linger.ms); at most.', { initial: 1000 }),
  'request-required-acks': text('request required acks', 'Who must have a record: all, -1, 1 or 0 (acks).', { initial: '-1' }),
  'request-timeout-ms': integer('request timeout ms', 'Milliseconds that an answer may take (request.timeout.ms).', {
    initial: 1500,
  }),
  'metadata-expiry-ms': long('metadata expiration interval', 'Milliseconds after which brokers are asked again.', {
    initial: 300_000,
  }),
  'max-block-ms': long('max block on send', 'Milliseconds that a record waits for room or its topic (max.block.ms).', {
    initial: 60_000,
  }),
  'max-memory-bytes': long('total memory in bytes', 'Bytes of records that wait (buffer.memory).', { initial: 33_554_432 }),
  'max-partition-memory-bytes': integer('memory in bytes per partition', 'The older name of --batch-size.', {
    initial: 16_384,
  }),
  'line-reader': text('reader_class', `What reads lines; only ${LINE_READER}.`, { initial: LINE_READER }),
  'socket-buffer-size': integer('size', 'Without effect: the system chooses the buffers of sockets.', { initial: 102_400 }),
  property: text('prop', 'The older name of --reader-property.'),
  'reader-property': text('prop', ofReader),
  'reader-config': text('config file', 'A file of properties for the line reader; --reader-property goes before it.'),
  'producer-property': text('producer_prop', 'The older name of --command-property.'),
  'command-property': text('producer_prop', property),
  'producer.config': text('config file', 'The older name of --command-config.'),
  'command-config': text('config file', 'A file of properties for the producer; --command-property goes before it.'),
}

type Options = Found<typeof options>
type Name = keyof typeof options

/** What each option is called among the properties of a producer; a later one goes before an earlier. */
const merged: readonly (readonly [property: string, option: Name])[] = [
  ['acks', 'request-required-acks'],
  ['request.timeout.ms', 'request-timeout-ms'],
  ['retries', 'message-send-max-retries'],
  ['retry.backoff.ms', 'retry-backoff-ms'],
  ['buffer.memory', 'max-memory-bytes'],
  ['batch.size', 'batch-size'],
  ['batch.size', 'max-partition-memory-bytes'],
  ['metadata.max.age.ms', 'metadata-expiry-ms'],
  ['max.block.ms', 'max-block-ms'],
]

export const consoleProducer = command({
  options,
  examples: [
    'kafka-console-producer --bootstrap-server localhost:9092 --topic orders',
    'kafka-console-producer --bootstrap-server localhost:9092 --topic orders --reader-property parse.key=true --reader-property key.separator=:',
    'kafka-console-producer --bootstrap-server localhost:9092 --topic orders --command-property acks=1 --compression-codec zstd',
  ],
  helpsWithTrouble: true,
  about: 'This tool helps to read data from standard input and publish it to Kafka.',
  check,
  async run(found, around) {
    const config = await ofFile(found, 'producer.config', 'command-config', around)
    const reader = await ofFile(found, 'reader-config', 'reader-config', around)
    const read = readerOf(found, new Map([...reader, ...typedProperties(typed(found, 'property', 'reader-property'))]))
    const producer = producerWith(producerProperties(found, config))
    // What was typed before the signal is sent.
    const forget = around.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
      forget() // a second one does not wait
      void producer.close().finally(() => around.endBy(signal))
    })
    try {
      await (found.has('sync') ? oneByOne : together)(producer, read, around)
    } finally {
      forget()
      // What was read before something went wrong is sent.
      await producer.close()
    }
    return 0
  },
  explain(error, around) {
    around.complain(error instanceof ClientError ? javaText(error) : error.message)
    return 1
  },
})

function check(found: Options, { print, complain }: Surroundings): void {
  demand(found, 'topic')
  const pairs = [
    ['command-config', 'producer.config'],
    ['command-property', 'producer-property'],
    ['reader-property', 'property'],
  ] as const
  for (const [newer, older] of pairs) {
    if (found.has(newer) && found.has(older)) {
      throw new UsageFailure(`Options --${newer} and --${older} cannot be specified together.`)
    }
  }
  for (const [newer, older] of [pairs[1], pairs[0], pairs[2]] as const) {
    if (found.has(older)) {
      print(`Warning: --${older} is deprecated and will be removed in a future version. Use --${newer} instead.`)
    }
  }
  if (found.has('max-partition-memory-bytes')) {
    print(
      'Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.',
    )
  }
  if (found.has('socket-buffer-size')) complain(NO_SOCKET_BUFFERS)
  checkBootstrap(found.text('bootstrap-server'))
}

const typed = (found: Options, older: Name, newer: Name) => [...found.texts(older), ...found.texts(newer)]

async function ofFile(found: Options, older: Name, newer: Name, around: Surroundings): Promise<Map<string, string>> {
  const path = found.text(newer) ?? found.text(older)
  return path === undefined ? new Map() : readProperties(path, around)
}

function readerOf(found: Options, properties: ReadonlyMap<string, string>) {
  const name = found.text('line-reader')!
  if (name !== LINE_READER) throw new Failure(`--line-reader ${name} is not supported; ${LINE_READER} is (docs/limits.md)`)
  return lineReader(properties.get('topic') ?? found.text('topic')!, properties)
}

function producerProperties(found: Options, config: ReadonlyMap<string, string>): Map<string, string> {
  const properties = new Map([...config, ...typedProperties(typed(found, 'producer-property', 'command-property'))])
  properties.set('bootstrap.servers', found.text('bootstrap-server')!)
  properties.set('compression.type', found.has('compression-codec') ? (found.text('compression-codec') ?? 'gzip') : 'none')
  if (!properties.has('client.id')) properties.set('client.id', 'console-producer')
  // Where nobody asks for it records need not wait for others: a batch goes as soon as nothing else is on its way.
  if (found.has('timeout')) properties.set('linger.ms', found.text('timeout')!)
  for (const [name, option] of merged) {
    if (found.has(option) || !properties.has(name)) properties.set(name, found.text(option)!)
  }
  return properties
}

type Read = ReturnType<typeof lineReader>
type BytesProducer = Producer<Uint8Array | null, Uint8Array | null>

async function* linesWithPrompt(around: Surroundings): AsyncGenerator<string, void, undefined> {
  const prompt = around.isInteractive() ? new TextEncoder().encode('>') : null
  if (prompt) await around.write(prompt)
  for await (const lines of linesOf(around.input())) {
    for (const line of lines) {
      yield line
      if (prompt) await around.write(prompt)
    }
  }
}

async function oneByOne(producer: BytesProducer, read: Read, around: Surroundings): Promise<void> {
  for await (const line of linesWithPrompt(around)) await producer.send(read(line))
}

/** So many records may wait for their acknowledgement: each has something to remember it by. */
const MOST_PENDING = 10_000

/** What went wrong with a record is logged, and the next one is sent all the same. */
async function together(producer: BytesProducer, read: Read, around: Surroundings): Promise<void> {
  const pending = new Set<Promise<void>>()
  for await (const line of linesWithPrompt(around)) {
    const record = read(line)
    const sent: Promise<void> = producer.send(record).then(
      () => void pending.delete(sent),
      (thrown: unknown) => {
        pending.delete(sent)
        if (!(thrown instanceof ClientError)) throw thrown
        const sizes = `key: ${sizeText(record.key)}, value: ${sizeText(record.value)}`
        const message = `Error when sending message to topic ${record.topic} with ${sizes} with error:`
        logError(around, 'org.apache.kafka.clients.producer.internals.ErrorLoggingCallback', message, javaText(thrown))
      },
    )
    pending.add(sent)
    if (pending.size >= MOST_PENDING) await Promise.race(pending)
  }
  await producer.flush()
  await Promise.all(pending)
}

const sizeText = (bytes: Uint8Array | null | undefined) => (bytes ? `${bytes.length} bytes` : 'null')
