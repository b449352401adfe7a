// kafka-dump-log: what lies in the files of a log: segments, metadata snapshots, indexes, and snapshots of producers.

import { DiskError } from '../../../platform/disk.ts'
import type { Terminal } from '../../terminal.ts'
import { command } from '../command.ts'
import { Failure } from '../failure.ts'
import { LineWriter, NobodyReads } from '../line-writer.ts'
import { demand } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, integer, text } from '../options/table.ts'
import { dumpBatches } from './dump-batches.ts'
import { decoderOf, hasDecoder } from './dump-decoders.ts'
import { Findings } from './dump-findings.ts'
import { dumpOffsetIndex, dumpTimeIndex } from './dump-indexes.ts'
import { dumpProducers, dumpTransactions } from './dump-producers.ts'
import { SegmentBytes } from './segment-bytes.ts'

const STRING = 'org.apache.kafka.tools.api.StringDecoder'
const MAX_INT = 2 ** 31 - 1

const options = {
  ...common,
  'print-data-log': flag('Print records; a decoder does that, too.'),
  'verify-index-only': flag('Check an index, and print nothing of it.'),
  'index-sanity-check': flag('Check an index as a broker does when it starts.'),
  files: text('file1, file2, ...', 'Required: the files, with commas.'),
  'max-message-size': integer('size', 'Bytes of the largest batch.', { initial: 5_242_880 }),
  'max-bytes': integer('size', 'So many bytes of a segment at most.', { initial: MAX_INT }),
  'deep-iteration': flag('Tell records, and not batches alone; printing them does that, too.'),
  'value-decoder-class': text(undefined, 'What shows values: StringDecoder, IntegerDecoder or LongDecoder of Kafka.', {
    isOptional: true,
    initial: STRING,
  }),
  'key-decoder-class': text(undefined, 'What shows keys, likewise.', { isOptional: true, initial: STRING }),
  'offsets-decoder': flag('Records are those of __consumer_offsets.'),
  'transaction-log-decoder': flag('Records are those of __transaction_state.'),
  'cluster-metadata-decoder': flag('Records are those of the metadata.'),
  'remote-log-metadata-decoder': flag('Not supported: records are those of __remote_log_metadata.'),
  'share-group-state-decoder': flag('Records are those of __share_group_state.'),
  'skip-record-metadata': flag('Print keys and values alone.'),
}

export type DumpOptions = Found<typeof options>

/** A command of a node: it reads files. */
export function dumpLog(words: readonly string[], terminal: Terminal): Promise<number> {
  const run = command({
    options,
    examples: [
      'kafka-dump-log --files data/orders-0/00000000000000000000.log --print-data-log',
      'kafka-dump-log --files data/__consumer_offsets-0/00000000000000000000.log --offsets-decoder',
      'kafka-dump-log --files data/__cluster_metadata-0/00000000000000000000.log --cluster-metadata-decoder',
    ],
    about:
      'This tool helps to parse a log file and dump its contents to the console, useful for debugging a seemingly corrupt log segment.',
    check: (found) => demand(found, 'files'),
    run: (found) => dump(found, terminal),
  })
  return run(words, terminal)
}

async function dump(found: DumpOptions, terminal: Terminal): Promise<number> {
  const paths = found.text('files')!.replace(/,+$/, '').split(',')
  const writer = new LineWriter(terminal)
  const findings = new Findings()
  try {
    for (const path of paths) {
      writer.line(`Dumping ${path}`)
      await dumpFile(path, { found, writer, findings, terminal })
      await writer.settle()
    }
  } catch (thrown) {
    // Kafka's goes on without a word to the end.
    if (thrown instanceof NobodyReads) return 0
    if (thrown instanceof DiskError) throw thrown.code === 'ENOENT' ? noSuchFile(thrown.path) : new Failure(thrown.message)
    throw thrown
  } finally {
    await writer.flush().catch((thrown) => {
      if (!(thrown instanceof NobodyReads)) throw thrown
    })
  }
  for (const line of findings.lines()) terminal.complain(line)
  return 0
}

export interface Dumping {
  readonly found: DumpOptions
  readonly writer: LineWriter
  readonly findings: Findings
  readonly terminal: Terminal
}

async function dumpFile(path: string, dumping: Dumping): Promise<void> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const at = name.lastIndexOf('.')
  if (at < 0) throw new Failure(`begin -1, end ${name.length}, length ${name.length}`)
  const { found, terminal, writer } = dumping
  switch (name.slice(at)) {
    case '.log':
    case '.checkpoint': {
      const isDeep = found.has('deep-iteration') || found.has('print-data-log') || hasDecoder(found)
      const settings = { isDeep, decode: decoderOf(found), maxBytes: found.number('max-bytes')! }
      writer.line(titleOf(name))
      const segment = await SegmentBytes.open(terminal.disk, path)
      try {
        return await dumpBatches(segment, settings, dumping)
      } finally {
        await segment.close()
      }
    }
    case '.index':
      return dumpOffsetIndex(path, dumping)
    case '.timeindex':
      return dumpTimeIndex(path, dumping)
    case '.snapshot':
      return dumpProducers(path, dumping)
    case '.txnindex':
      return dumpTransactions(path, dumping)
    default:
      terminal.complain(`Ignoring unknown file ${path}`)
  }
}

function titleOf(name: string): string {
  if (name.endsWith('.log')) return `Log starting offset: ${offsetOf(name)}`
  if (name === 'bootstrap.checkpoint') return 'KRaft bootstrap snapshot'
  const found = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name)
  if (!found) throw new Failure('No value present')
  return `Snapshot end offset: ${BigInt(found[1]!)}, epoch: ${Number(found[2])}`
}

export const noSuchFile = (path: string) => new Failure(`java.nio.file.NoSuchFileException: ${path}`)

/** The offset in the name of a file; a Failure where there is none. */
export function offsetOf(name: string): number {
  const [first] = name.split('.') as [string]
  if (!/^[+-]?\d{1,40}$/.test(first)) throw new Failure(`For input string: "${first}"`)
  return Number(first)
}
