// How the files and directories of a log are called. See format.md.

import { randomUuid, uuidToBytes } from '../base/uuid.ts'

export const SUFFIX = {
  log: '.log',
  offsetIndex: '.index',
  timeIndex: '.timeindex',
  transactionIndex: '.txnindex',
  producerSnapshot: '.snapshot',
  /** Waits for its removal. */
  deleted: '.deleted',
  /** A cleaner's output that is not finished. */
  cleaned: '.cleaned',
  /** A cleaner's output that is finished and takes the place of what it was made from. */
  swap: '.swap',
  /** What a start cut off a log although sound batches follow: never read, never removed by us. */
  cut: '.cut',
} as const

/** The four files of a segment. The producer snapshot is named by an offset too but belongs to the log. */
export const segmentSuffixes = [SUFFIX.offsetIndex, SUFFIX.timeIndex, SUFFIX.transactionIndex, SUFFIX.log] as const

const OFFSET_DIGITS = 20
const LONGEST_NAME = 255
const OFFSET_FILE = /^(\d{20})(\.[a-z]+)((?:\.[a-z]+)?)$/
const PARTITION_DIR = /^(.+)-(\d+)$/

/** An offset as file names have it: twenty digits, so that names sort as offsets do. */
export function offsetName(offset: number): string {
  return String(offset).padStart(OFFSET_DIGITS, '0')
}

export interface OffsetFile {
  readonly offset: number
  /** `.log`, `.index`, ... */
  readonly suffix: string
  /** `.deleted`, `.cleaned`, `.swap` or nothing. */
  readonly mark: string
}

/** Null where the name is not one of a file that belongs to an offset. */
export function parseOffsetFile(name: string): OffsetFile | null {
  const match = OFFSET_FILE.exec(name)
  return match && { offset: Number(match[1]), suffix: match[2]!, mark: match[3]! }
}

export interface PartitionDir {
  readonly topic: string
  readonly partition: number
}

export function partitionDir(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Null where the name is not that of a partition in use. */
export function parsePartitionDir(name: string): PartitionDir | null {
  if (kindOfDir(name) !== 'partition') return null
  const match = PARTITION_DIR.exec(name)
  return match && { topic: match[1]!, partition: Number(match[2]) }
}

/** What a directory beside the logs is, by its name's end: waiting for removal, set aside by Kafka, or being moved between directories. */
export function kindOfDir(name: string): 'partition' | 'delete' | 'stray' | 'future' {
  if (name.endsWith('-delete')) return 'delete'
  if (name.endsWith('-stray')) return 'stray'
  if (name.endsWith('-future')) return 'future'
  return 'partition'
}

const FUTURE_DIR = /^(.+)-(\d+)\.[0-9a-f]{32}-future$/

/** The partition that a directory is to become (KIP-113); null where the name is none of that kind. */
export function parseFutureDir(name: string): PartitionDir | null {
  const match = FUTURE_DIR.exec(name)
  return match && { topic: match[1]!, partition: Number(match[2]) }
}

/** A copy of a log on its way into another log directory; null where the name would be longer than file systems take. */
export function futureDir(dir: PartitionDir, bytes: (length: number) => Uint8Array): string | null {
  const name = `${partitionDir(dir.topic, dir.partition)}.${uniquePart(bytes)}-future`
  return name.length > LONGEST_NAME ? null : name
}

function uniquePart(bytes: (length: number) => Uint8Array): string {
  return Buffer.from(uuidToBytes(randomUuid(bytes))).toString('hex')
}

/** A name for a partition's directory that is out of use: unique, and no longer than file systems take. */
export function retiredDir(dir: PartitionDir, kind: 'delete' | 'stray', bytes: (length: number) => Uint8Array): string {
  const unique = uniquePart(bytes)
  const end = `-${dir.partition}.${unique}-${kind}`
  return dir.topic.slice(0, LONGEST_NAME - end.length) + end
}
