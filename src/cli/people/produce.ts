// `odradek produce`: records out of words, lines or JSON.

import { type Command, Option } from 'commander'
import { Producer } from '../../client/producer/producer.ts'
import type { ProducerRecord } from '../../client/producer/record.ts'
import { bytes } from '../../client/serde/serdes.ts'
import { examples, UsageError } from '../usage.ts'
import { Progress } from './progress.ts'
import { recordOf } from './record-json.ts'
import {
  type CommonFlags,
  clientOptions,
  countFrom,
  gathered,
  interruption,
  type People,
  pairsOf,
  withCommonFlags,
} from './surroundings.ts'
import { grouped } from './table.ts'

type Bytes = Uint8Array | null

interface ProduceFlags extends CommonFlags {
  readonly key?: string
  readonly keySeparator?: string
  readonly header?: readonly string[]
  readonly partition?: number
  readonly acks?: 'all' | '1' | '0'
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
}

export function addProduce(odradek: Command, people: People): void {
  withCommonFlags(
    odradek.command('produce'),
    'each line of the input is a record as JSON, as `odradek consume --json` prints them',
  )
    .description('Produce records: the values that are given, or else each line of the input.')
    .argument('<topic>', 'where to')
    .argument('[values...]', 'one record each; without them the input is read')
    .option('-k, --key <key>', 'the key of every record')
    .option('-K, --key-separator <text>', 'what stands between key and value in a line of the input')
    .option('-H, --header <name=value>', 'a header of every record; may be repeated', gathered)
    .option('-p, --partition <number>', 'the partition of every record', countFrom(0, '--partition'))
    .addOption(new Option('--acks <acks>', 'who has to have a record before it counts').choices(['all', '1', '0']).default('all'))
    .addOption(
      new Option('-z, --compression <codec>', 'how batches are compressed').choices(['none', 'gzip', 'snappy', 'lz4', 'zstd']),
    )
    .addHelpText(
      'after',
      examples(
        "odradek produce orders 'one' 'two'",
        'odradek produce orders --key ann --header source=shop \'{"total":7}\'',
        'seq 1000000 | odradek produce numbers -z lz4',
        'odradek produce orders -K : < orders.txt                # lines such as ann:one',
        'odradek consume orders --json --exit | odradek produce orders-copy --json',
      ),
    )
    .action((topic: string, values: readonly string[], flags: ProduceFlags) => produce(topic, values, flags, people))
}

async function produce(topic: string, values: readonly string[], flags: ProduceFlags, people: People): Promise<void> {
  const { terminal, desk } = people
  const { acks = 'all', compression = 'none' } = flags
  if (values.length > 0 && flags.json) throw new UsageError('--json is for the input: leave the values out')
  if (values.length > 0 && flags.keySeparator !== undefined)
    throw new UsageError('--key-separator is for the input: --key is for values')
  if (flags.json && flags.keySeparator !== undefined) throw new UsageError('--key-separator and --json do not go together')
  const { signal, over } = interruption(people)
  const progress = new Progress(desk, terminal.clock, 'records', values.length || null)
  let count = 0
  try {
    const options = {
      acks,
      compressionType: compression,
      enableIdempotence: acks === 'all',
      keySerializer: bytes,
      valueSerializer: bytes,
    }
    await using producer = new Producer<Bytes, Bytes>({
      ...clientOptions(flags, people),
      ...options,
      clientId: 'odradek-produce',
    })
    if (values.length === 0 && desk.isTyped) terminal.complain('each line is a record; Ctrl-D ends')
    if (values.length > 0) {
      const make = maker(topic, flags)
      const places = await producer.sendAll(
        values.map((value, at) => make(value, at + 1)),
        { signal },
      )
      for (const { partition, offset } of places)
        terminal.print(offset < 0 ? `${topic}-${partition}` : `${topic}-${partition} at offset ${offset}`)
      return
    }
    for await (const record of recordsFrom(desk.lines(), topic, flags, signal)) {
      await producer.enqueue(record, { signal })
      progress.at(++count)
    }
    await producer.flush()
  } finally {
    progress.end()
    over()
  }
  terminal.complain(`${count === 1 ? '1 record' : `${grouped(count)} records`} produced to ${topic}`)
}

/** Until the input or the command ends: who types is not waited for then. */
async function* recordsFrom(lines: AsyncIterable<string>, topic: string, flags: ProduceFlags, signal: AbortSignal) {
  const make = maker(topic, flags)
  const over = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)))
  const input = lines[Symbol.asyncIterator]()
  try {
    for (let number = 1; ; number++) {
      const next = await Promise.race([input.next(), over])
      if (!next || next.done) return
      if (!flags.json || next.value.trim() !== '') yield make(next.value, number)
    }
  } finally {
    void input.return?.()
  }
}

/** A record out of a text, which is the line of that number. */
function maker(topic: string, flags: ProduceFlags): (text: string, number: number) => ProducerRecord<Bytes, Bytes> {
  const { keySeparator, partition, json, header = [] } = flags
  const key = flags.key === undefined ? null : Buffer.from(flags.key)
  const headers = Object.entries(pairsOf('--header', header)).map(([name, value]) => ({ key: name, value }))
  const asGiven = (own: Bytes, value: Bytes) => ({ topic, key: key ?? own, value, headers, partition })
  if (json) {
    return (text, number) => {
      const record = recordOf(text, topic, number)
      const all = [...(record.headers as typeof headers), ...headers]
      return { ...record, key: key ?? record.key ?? null, headers: all, partition: partition ?? record.partition }
    }
  }
  if (keySeparator === undefined) return (text) => asGiven(null, Buffer.from(text))
  if (keySeparator === '') throw new UsageError('--key-separator is empty')
  return (text, number) => {
    const at = text.indexOf(keySeparator)
    if (at < 0) throw new UsageError(`line ${number} has no ${keySeparator} between key and value`)
    return asGiven(Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at + keySeparator.length)))
  }
}
