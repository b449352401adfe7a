// Log directories with everything in them that a log can have, stopped cleanly and killed, and what they answer when nothing is damaged.

import type { Log } from '../../src/log/log.ts'
import type { LogDir } from '../../src/log/log-dir.ts'
import type { Random } from '../../src/platform/random.ts'
import { batchOf, LogWorld, logConfig, marker, seededRandom, settle, TOPIC_ID } from '../support/log-world.ts'
import { type Image, imageOf } from './image.ts'

/** Segments above 64 KiB, or their indexes would never be read back. */
const SEGMENT_BYTES = 90_000
export const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
/** Of the clock of those who open an image. */
export const FIRST_TIMESTAMP = 1_700_000_000_000

export interface LogImage {
  readonly files: Image
  readonly wasClean: boolean
}

export const eventsConfig = () => logConfig({ 'internal.segment.bytes': SEGMENT_BYTES })
const tableConfig = () =>
  logConfig({ 'internal.segment.bytes': 4000, 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0.01 })

/** Directory number `seed`: one with a clean stop, and one that was killed a little later. */
export async function logImages(seed: number): Promise<{ clean: LogImage; killed: LogImage }> {
  const world = new LogWorld(eventsConfig())
  const random = seededRandom(1000 + seed)
  const dir = await world.open({ clusterId: CLUSTER_ID })
  await fillEvents(await dir.createLog('events', 0, TOPIC_ID, eventsConfig()), random, 330)
  await fillTable(await dir.createLog('table', 3, TOPIC_ID, tableConfig()), random, dir, world)
  await dir.createLog('empty', 0, TOPIC_ID, eventsConfig())
  await dir.close({ brokerEpoch: 7 })
  const clean = { files: await imageOf(world.disk, world.path), wasClean: true }

  const again = await world.open()
  await fillEvents(again.logs.get('events-0')!, random, 60)
  await again.checkpoint()
  await fillEvents(again.logs.get('events-0')!, random, 40)
  const killed = { files: await imageOf(world.disk, world.path), wasClean: false }
  await again.close(null)
  return { clean, killed }
}

async function fillEvents(log: Log, random: Random, batches: number): Promise<void> {
  const pick = (end: number) => Math.floor(random.next() * end)
  const sequences = new Map<number, number>()
  for (const { producerId, batches: known } of [...log.producers.entries.values()]) {
    const last = known.at(-1)
    if (last) sequences.set(producerId, last.lastSequence + 1)
  }
  const open = new Set<number>()
  let epoch = Math.max(0, log.latestEpoch)
  for (let i = 0; i < batches; i++) {
    if (i % 70 === 69) epoch += 1 + pick(2)
    const timestamp = FIRST_TIMESTAMP + log.endOffset * 10 + pick(600)
    const producerId = [-1, 1000, 1001, 1002, 2000, 2001][pick(6)]!
    const values = Array.from({ length: 1 + pick(3) }, (_, at) => `${log.endOffset + at} ${'x'.repeat(200 + pick(800))}`)
    if (producerId < 0) log.append(batchOf(values, { timestamp }), epoch)
    else {
      const baseSequence = sequences.get(producerId) ?? 0
      sequences.set(producerId, baseSequence + values.length)
      const isTransactional = producerId >= 2000
      log.append(batchOf(values, { timestamp, producerId, producerEpoch: 0, baseSequence, isTransactional }), epoch)
      if (isTransactional) open.add(producerId)
    }
    if (i % 9 === 8)
      for (const ended of open) {
        log.append(marker(ended, 0, pick(2) === 0, 1, timestamp), epoch)
        open.delete(ended)
      }
    if (i % 16 === 15) await settle(2)
  }
  for (const ended of open) log.append(marker(ended, 0, false, 1, FIRST_TIMESTAMP), epoch)
  log.requestFlush()
  await log.flushed()
  await settle()
  log.highWatermark = log.endOffset
  // Inside of the first segment, so that the offset stands in the checkpoint alone.
  await log.deleteBefore(20)
}

async function fillTable(log: Log, random: Random, dir: LogDir, world: LogWorld): Promise<void> {
  for (let i = 0; i < 120; i++) {
    const key = `k${Math.floor(random.next() * 12)}`
    log.append(batchOf([`${i} ${'y'.repeat(100)}`], { key, timestamp: FIRST_TIMESTAMP + i }), 0)
    await settle(1)
  }
  await log.flushed()
  log.highWatermark = log.endOffset
  await dir.checkpoint()
  await log.compact(world.clock.now() + 1000)
}
