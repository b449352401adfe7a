// Logs whose last batches are of every kind, to be cut and flipped.

import { batches, type RecordBatch } from '../../src/protocol/records/batch.ts'
import { batchOf, LogWorld, logConfig, marker, settle, TOPIC_ID } from '../support/log-world.ts'
import { type Image, imageOf } from './image.ts'

export const LOG_FILE = '/data/torn-0/00000000000000000000.log'

/** The same log after a kill (nothing says what was on the device) and after a clean stop. */
export interface TornImage {
  readonly kind: string
  readonly hasGaps: boolean
  readonly killed: Image
  readonly clean: Image
  /** Where each batch begins in the file, and its offsets. */
  readonly placed: readonly {
    readonly position: number
    readonly size: number
    readonly baseOffset: number
    readonly nextOffset: number
  }[]
}

const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 }
const texts = ['first', 'second', 'third, which is a little longer']

/** Made anew for each log: an append writes into its batch. */
const kinds: Readonly<Record<string, () => RecordBatch>> = {
  plain: () => batchOf(texts, { key: 'k' }),
  'one record without a value': () => batchOf([null]),
  'of an idempotent producer': () => batchOf(texts, producer),
  gzip: () => batchOf(texts, { compression: 'gzip' }),
  snappy: () => batchOf(texts, { compression: 'snappy' }),
  lz4: () => batchOf(texts, { compression: 'lz4' }),
  zstd: () => batchOf(texts, { compression: 'zstd' }),
  'a marker': () => marker(7, 0, false),
}

/** Batches as compaction leaves them, or a leader that compacted: offsets are missing between them. */
const WITH_GAPS = 'with gaps that compaction left'
const GAP_OFFSETS = [0, 6, 17, 40]

export const KINDS = [...Object.keys(kinds), WITH_GAPS]

/** Two batches, then two of the kind, so that one of these is last and one is not. */
export async function tornImage(kind: string): Promise<TornImage> {
  const world = new LogWorld(logConfig({ 'index.interval.bytes': 100 }))
  const dir = await world.open()
  const log = await dir.createLog('torn', 0, TOPIC_ID, world.config)
  const hasGaps = kind === WITH_GAPS
  const made = kinds[hasGaps ? 'plain' : kind]!
  const start = { ...producer, isTransactional: kind === 'a marker' }
  for (const [i, batch] of [batchOf(['zero', 'one'], start), batchOf(['two']), made(), made()].entries()) {
    if (hasGaps) {
      batch.assign(GAP_OFFSETS[i]!, i < 2 ? 0 : 1)
      log.appendAsFollower(batch.slice())
    } else log.append(batch, i < 2 ? 0 : 1)
    await settle(2)
  }
  await log.flushed()
  await settle()
  const killed = await imageOf(world.disk, world.path)
  log.highWatermark = log.endOffset
  await dir.close({ brokerEpoch: 1 })
  const clean = await imageOf(world.disk, world.path)
  const placed = [...batches(killed.get(LOG_FILE)!)].map(({ at, sizeInBytes, baseOffset, nextOffset }) => ({
    position: at,
    size: sizeInBytes,
    baseOffset,
    nextOffset,
  }))
  return { kind, hasGaps, killed, clean, placed }
}
