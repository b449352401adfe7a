// kafka-e2e-latency: how long a record takes from the producer to the consumer, one after the other.

import { ClientError } from '../../../client/errors/index.ts'
import type { Consumer, ConsumerRecord, ProducerRecord } from '../../../client/index.ts'
import { readProperties, withAdmin } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { consumerWith } from '../consumer.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaText } from '../java.ts'
import { demand } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, integer, text } from '../options/table.ts'
import { producerWith } from '../producer.ts'

const POLL_MS = 60_000
const REPORT_EVERY = 1000

const options = {
  ...common,
  'bootstrap-server': text('bootstrap-server', 'Required: brokers as host:port, separated by commas.'),
  topic: text('topic-name', 'Required: the topic to use; made with one partition where it is missing.'),
  'num-records': integer('count', 'Required: how many records.'),
  'producer-acks': text('producer-acks', 'Required: who must have a record, 1 or all.'),
  'record-size': integer('bytes', 'Required: bytes of each record.'),
  'record-key-size': integer('bytes', 'Bytes of its key.', { initial: 0 }),
  'record-header-key-size': integer('bytes', 'Bytes of the key of each header.', { initial: 0 }),
  'record-header-size': integer('bytes', 'Bytes of the value of each header; -1: null.', { initial: 0 }),
  'num-headers': integer('count', 'How many headers.', { initial: 0 }),
  'command-config': text('config-file', 'A file of properties for the clients.'),
}

type Options = Found<typeof options>
type Bytes = Uint8Array | null

const named = command({
  options,
  examples: [
    'kafka-e2e-latency --bootstrap-server localhost:9092 --topic timed --num-records 1000 --producer-acks all --record-size 100',
  ],
  about: 'This tool measures end-to-end latency in Kafka by sending messages and timing their reception.',
  check,
  run: (found, around) => measure(found, around),
  explain(error, around) {
    around.complain(error instanceof ClientError ? javaText(error) : error.message)
    return 1
  },
})

const NAMES = ['bootstrap-server', 'topic', 'num-records', 'producer-acks', 'record-size', 'command-config'] as const
const OLDER =
  'WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named arguments instead: --bootstrap-server, --topic, --num-records, --producer-acks, --record-size, --command-config'

/** Values may stand alone, in their order, as they did before they had names. */
export async function e2eLatency(words: readonly string[], around: Surroundings): Promise<number> {
  const isNamed = words.length === 0 || words.some((word) => (NAMES.slice(0, 5) as string[]).includes(word.slice(2)))
  if (isNamed) return named(words, around)
  if (words.length !== 5 && words.length !== 6) {
    around.complain(
      `Invalid number of arguments. Expected 5 or 6 positional arguments, but got ${words.length}. Usage: bootstrap-server topic num-records producer-acks record-size [optional] command-config`,
    )
    return 1
  }
  around.print(OLDER)
  return named(
    words.flatMap((word, at) => [`--${NAMES[at]}`, word]),
    around,
  )
}

function check(found: Options): void {
  demand(found, 'bootstrap-server', 'topic', 'num-records', 'producer-acks', 'record-size')
  const acks = found.text('producer-acks')!
  if (acks !== '1' && acks !== 'all') {
    throw new UsageFailure(
      "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
    )
  }
  if (found.number('num-records')! <= 0) throw new UsageFailure('Value for --num-records must be a positive integer.')
  const atLeast = (name: 'record-size' | 'record-key-size' | 'record-header-key-size' | 'num-headers') => {
    if (found.number(name)! < 0) throw new UsageFailure(`Value for --${name} must be a non-negative integer.`)
  }
  atLeast('record-size')
  atLeast('record-key-size')
  atLeast('record-header-key-size')
  if (found.number('record-header-size')! < -1) {
    throw new UsageFailure('Value for --record-header-size must be a non-negative integer or -1 for null header value.')
  }
  atLeast('num-headers')
}

async function measure(found: Options, around: Surroundings): Promise<number> {
  const path = found.text('command-config')
  const config = path?.trim() ? await readProperties(path, around) : new Map<string, string>()
  config.set('bootstrap.servers', found.text('bootstrap-server')!)
  await makeTopic(found, around)
  const consumer = consumerWith(
    new Map([
      ...config,
      ['group.id', `test-group-${around.clock.now()}`],
      ['enable.auto.commit', 'false'],
      ['auto.offset.reset', 'latest'],
      // Nothing is to wait for more.
      ['fetch.max.wait.ms', '0'],
    ]),
  )
  const acks = found.text('producer-acks')!
  const producer = producerWith(new Map([...config, ['linger.ms', '0'], ['acks', acks]]))
  try {
    await atTheEnd(consumer, found.text('topic')!)
    const latencies: number[] = []
    const count = found.number('num-records')!
    const { clock, print } = around
    for (let at = 0; at < count; at++) {
      const record = recordOf(found, around)
      const begin = clock.monotonic()
      await producer.send(record)
      const records = await consumer.poll({ timeoutMs: POLL_MS })
      const ms = clock.monotonic() - begin
      const trouble = difference(record, records)
      if (trouble !== null) {
        await consumer.commit()
        throw new Failure(trouble)
      }
      if (at % REPORT_EVERY === 0) print(`${at}\t${ms}`)
      latencies.push(ms)
    }
    printResults(latencies, print)
    await consumer.commit()
  } finally {
    await producer.close()
    await consumer.close()
  }
  return 0
}

async function makeTopic(found: Options, around: Surroundings): Promise<void> {
  const topic = found.text('topic')!
  const config = found.text('command-config')?.trim() ? found.text('command-config') : undefined
  await withAdmin({ bootstrapServers: found.text('bootstrap-server')!, config }, around, async (admin) => {
    if ((await admin.listTopics()).some(({ name }) => name === topic)) return
    around.print(`Topic "${topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1`)
    const created = await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }])
    if (created.errors.size > 0) around.print(`Creation of topic ${topic} failed`)
    created.all()
  })
}

async function atTheEnd(consumer: Consumer, topic: string): Promise<void> {
  const partitions = (await consumer.partitionsFor(topic)).map(({ index }) => ({ topic, partition: index }))
  consumer.assign(partitions)
  consumer.seekToEnd(partitions)
  await Promise.all(partitions.map((partition) => consumer.position(partition)))
}

/** One letter, as often as there are bytes. */
function letters(length: number, { randomBytes }: Surroundings): Uint8Array {
  return new Uint8Array(length).fill(65 + (randomBytes(1)[0]! % 26))
}

function recordOf(found: Options, around: Surroundings): ProducerRecord<Bytes, Bytes> {
  const keySize = found.number('record-key-size')!
  const headerSize = found.number('record-header-size')!
  return {
    topic: found.text('topic')!,
    key: keySize === 0 ? null : letters(keySize, around),
    value: letters(found.number('record-size')!, around),
    headers: Array.from({ length: found.number('num-headers')! }, () => ({
      key: Buffer.from(letters(found.number('record-header-key-size')!, around)).toString(),
      value: headerSize < 0 ? null : letters(headerSize, around),
    })),
  }
}

const shown = (bytes: Bytes) => (bytes === null ? 'null' : Buffer.from(bytes).toString())

/** What is wrong with what came, in a sentence; null where it is the record that was sent, alone. */
function difference(sent: ProducerRecord<Bytes, Bytes>, came: readonly ConsumerRecord<Bytes, Bytes>[]): string | null {
  const [first] = came
  if (!first) return `poll() timed out before finding a result (timeout:[${POLL_MS}ms])`
  const [value, key] = [shown(sent.value), shown(sent.key ?? null)]
  if (shown(first.value) !== value) {
    return `The message value read [${shown(first.value)}] did not match the message value sent [${value}]`
  }
  if (shown(first.key) !== key) {
    if (sent.key === null) return `Expected null message key but received [${shown(first.key)}]`
    if (first.key === null) return 'Expected message key but received null'
    return `The message key read [${shown(first.key)}] did not match the message key sent [${key}]`
  }
  const headers = sent.headers as readonly { readonly key: string; readonly value: Bytes }[]
  if (headers.length > 0 && first.headers.length === 0) return 'Expected message headers but received none'
  for (const [at, header] of headers.entries()) {
    const read = first.headers[at]
    if (read && (read.key !== header.key || shown(read.value) !== shown(header.value))) {
      return `The message header read [${read.key}:${shown(read.value)}] did not match the message header sent [${header.key}:${shown(header.value)}]`
    }
  }
  if (headers.length > 0 && headers.length !== first.headers.length) {
    return 'Header count mismatch between sent and received messages'
  }
  return came.length === 1 ? null : `Only one result was expected during this test. We found [${came.length}]`
}

function printResults(latencies: readonly number[], print: (line: string) => void): void {
  const sum = latencies.reduce((all, ms) => all + ms, 0)
  print(`Avg latency: ${(sum / latencies.length).toFixed(4)} ms`)
  const sorted = latencies.map(Math.floor).sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(sorted.length * part)]
  print(`Percentiles: 50th = ${at(0.5)}, 99th = ${at(0.99)}, 99.9th = ${at(0.999)}`)
}
