// The small text files of a log directory: checkpoints of offsets and epochs, partition.metadata, meta.properties, the clean-shutdown marker.

import type { Disk } from '../platform/disk.ts'

/** A file of ours (or Apache's) that cannot be read as what it should be. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile'
}

const CHECKPOINT_VERSION = '0'
const utf8 = new TextDecoder()

/** The text of a small file; null where it is missing. */
export async function readText(disk: Disk, path: string): Promise<string | null> {
  const bytes = await disk.readAtomic(path)
  return bytes && utf8.decode(bytes)
}

/** Lines between a version, a count and the end: the common form of Kafka's checkpoints. */
export function checkpointText(lines: readonly string[]): string {
  return `${CHECKPOINT_VERSION}\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`
}

/** The lines of a checkpoint. Throws DamagedFile where version, count or line break do not fit. */
export function parseCheckpoint(path: string, text: string): string[] {
  if (text === '') return [] // Apache Kafka makes some of them long before it writes to them
  const [version, count, ...lines] = text.split('\n')
  if (version !== CHECKPOINT_VERSION)
    throw new DamagedFile(`${path} has version "${version}"; only ${CHECKPOINT_VERSION} is known`)
  const entries = lines.filter((line) => line !== '')
  if (String(entries.length) !== count) throw new DamagedFile(`${path} has ${entries.length} entries and says ${count}`)
  return entries
}

/** Offsets by partition, as `topic partition offset` lines. */
export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

const OFFSET_LINE = /^(\S+) (\d+) (-?\d+)$/

export function offsetLine(topic: string, partition: number, offset: number): string {
  return `${topic} ${partition} ${offset}`
}

/** Throws DamagedFile. */
export function parseOffsetCheckpoint(path: string, text: string): PartitionOffset[] {
  return parseCheckpoint(path, text).map((line) => {
    const match = OFFSET_LINE.exec(line)
    if (!match) throw new DamagedFile(`${path} has the line "${line}"`)
    return { topic: match[1]!, partition: Number(match[2]), offset: Number(match[3]) }
  })
}

const PARTITION_METADATA = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/

export function partitionMetadataText(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}`
}

/** The topic id. Throws DamagedFile. */
export function parsePartitionMetadata(path: string, text: string): string {
  const match = PARTITION_METADATA.exec(text)
  if (!match) throw new DamagedFile(`${path} should hold a version and a topic id and holds "${text.slice(0, 100)}"`)
  return match[1]!
}

export function cleanShutdownText(brokerEpoch: number): string {
  return JSON.stringify({ version: 0, brokerEpoch })
}

/** The broker epoch; -1 in the empty marker of older versions or where the text is no JSON. */
export function parseCleanShutdown(text: string): number {
  try {
    const { brokerEpoch } = JSON.parse(text) as { brokerEpoch?: unknown }
    return typeof brokerEpoch === 'number' ? brokerEpoch : -1
  } catch {
    return -1 // the marker's presence alone says that the stop was clean
  }
}

/** Keys and values of a Java properties file; the few escapes that Kafka's own writer uses are understood. */
export function parseProperties(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim()
    const at = trimmed.search(/[=:]/)
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!') || at < 0) continue
    found.set(
      trimmed.slice(0, at).trim(),
      trimmed
        .slice(at + 1)
        .trim()
        .replace(/\\(.)/g, '$1'),
    )
  }
  return found
}
