// Everything a log can be asked, asked: two logs that answer the same are the same to whoever uses them.

import { crc32c } from '../../src/base/crc32c.ts'
import type { Log } from '../../src/log/log.ts'
import type { LogDir } from '../../src/log/log-dir.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import { FIRST_TIMESTAMP } from './log-images.ts'

/** From here on every log image is asked, so that a start offset that was forgotten changes nothing but itself. */
const FROM = 20

/** By question. */
export type Answers = Readonly<Record<string, unknown>>

export async function answersOf(dir: LogDir): Promise<Answers> {
  const found: Record<string, unknown> = {
    clusterId: dir.clusterId,
    nodeId: dir.nodeId,
    directoryId: dir.directoryId,
    logs: [...dir.logs.keys()].sort(),
  }
  for (const [name, log] of dir.logs) {
    for (const [question, answer] of Object.entries(await answersOfLog(log))) found[`${question} of ${name}`] = answer
  }
  return found
}

async function answersOfLog(log: Log): Promise<Answers> {
  const { startOffset, endOffset, topicId, recoveryPoint } = log
  const from = Math.min(Math.max(startOffset, FROM), endOffset)
  const span = endOffset - from
  const sampled = Array.from({ length: 9 }, (_, i) => from + Math.floor((span * i) / 9))
  // Behind what comes before the start offset: its records were out of order by so much.
  const times = Array.from({ length: 13 }, (_, i) => FIRST_TIMESTAMP + 700 + from * 10 + Math.floor((span * 10 * i) / 11))
  const firsts = await inTurn(sampled, (offset) => firstBatchFrom(log, offset))
  return {
    topicId,
    'start offset': startOffset,
    'end offset': endOffset,
    'high watermark within bounds': log.highWatermark >= startOffset && log.highWatermark <= endOffset,
    'recovery point within bounds': recoveryPoint <= endOffset,
    records: await allBytes(log, from),
    'first batch from an offset': firsts,
    'offset for a time': await inTurn(times, (time) => log.offsetForTimestamp(time)),
    'largest timestamp': await log.maxTimestampOffset(),
    'leader epochs': Array.from({ length: 14 }, (_, epoch) => log.endOffsetForEpoch(epoch)),
    // Of records that are there: what compaction removed has no epoch any more.
    'epoch at an offset': firsts.map((offset) => offset !== null && log.epochAt(Math.max(offset, from))),
    producers: producersOf(log),
    'aborted transactions': sampled.map((offset) => log.producers.abortedTransactions(offset, endOffset)),
  }
}

async function inTurn<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const found: R[] = []
  for (const item of items) found.push(await ask(item))
  return found
}

/** Number and checksum of all batches that a consumer can read. */
async function allBytes(log: Log, from: number): Promise<string> {
  let crc = 0
  let count = 0
  for (let next = from; next < log.endOffset; ) {
    const read = await log.read(next, 1 << 20, log.endOffset)
    const before = next
    const bytes = Buffer.concat(read.views)
    read.release()
    let end = 0
    for (const batch of batches(bytes)) {
      if (!batch.checksumMatches()) return `a batch that does not match its checksum at offset ${batch.baseOffset}`
      next = batch.nextOffset
      end += batch.sizeInBytes
      count++
    }
    crc = (crc * 31 + crc32c(bytes.subarray(0, end))) >>> 0
    if (next === before) break // compaction left nothing behind this offset
  }
  return `${count} batches, ${crc}`
}

async function firstBatchFrom(log: Log, offset: number): Promise<number | null> {
  const read = await log.read(offset, 1, log.endOffset)
  const [first] = batches(Buffer.concat(read.views))
  read.release()
  return first?.baseOffset ?? null
}

function producersOf(log: Log): unknown {
  return [...log.producers.entries.values()]
    .sort((one, other) => one.producerId - other.producerId)
    .map(({ producerId, producerEpoch, lastTimestamp, batches: known, coordinatorEpoch, transactionStart }) => ({
      producerId,
      producerEpoch,
      lastTimestamp,
      // Without timestamps: a snapshot has one for the last batch and the marker behind it.
      batches: known.map(({ lastSequence, lastOffset, offsetDelta }) => [lastSequence, lastOffset, offsetDelta]),
      coordinatorEpoch,
      transactionStart,
    }))
}

/** The questions that are answered otherwise. */
export function differences(expected: Answers, found: Answers): string[] {
  const questions = new Set([...Object.keys(expected), ...Object.keys(found)])
  return [...questions].filter((question) => JSON.stringify(expected[question]) !== JSON.stringify(found[question]))
}
