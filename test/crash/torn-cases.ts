// A batch cut at a byte or with a bit turned, and what a start or a scrub makes of it.

import type { Log } from '../../src/log/log.ts'
import type { LogDir } from '../../src/log/log-dir.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import { batchOf, LogWorld, logConfig } from '../support/log-world.ts'
import { diskOf, type Image, imageOf } from './image.ts'
import { LOG_FILE, type TornImage } from './torn-images.ts'

/**
 * `found`: the batch is cut, or refused, and nothing else is. `unseen`: it is served as if nothing were wrong. `neighbour`: leader epochs
 * contradict each other, and the batch before, the only one of its epoch, is held for the wrong one; or base offsets do, where gaps say nothing.
 */
export type Outcome = 'found' | 'unseen' | 'neighbour' | { readonly wrong: string }

/** The header's fields before the checksum's reach, by the byte where each ends. Of what follows the checksum answers for every bit. */
const FIELDS = [
  [8, 'baseOffset'],
  [12, 'batchLength'],
  [16, 'partitionLeaderEpoch'],
  [17, 'magic'],
  [21, 'crc'],
] as const

export function fieldAt(byte: number): string {
  return FIELDS.find(([end]) => byte < end)?.[1] ?? 'what the checksum covers'
}

/** The last batch is cut to its first `kept` bytes; a start after a kill. */
export async function cutTo(image: TornImage, kept: number): Promise<Outcome> {
  const last = image.placed.at(-1)!
  const bytes = image.killed.get(LOG_FILE)!.slice(0, last.position + kept)
  return startedAfterKill(image, bytes)
}

/** Bit `bit` of the last batch is turned; a start after a kill. */
export async function turnedPastRecoveryPoint(image: TornImage, bit: number): Promise<Outcome> {
  const at = image.placed.length - 1
  return startedAfterKill(image, turned(image.killed, image.placed[at]!.position, bit), {
    mayBeLost: (lost) => isNeighbour(image, lost, at, bit),
    mayMove: mayMove(image, bit),
  })
}

function isNeighbour(image: TornImage, lost: number, at: number, bit: number): boolean {
  return lost === at - 1 && (fieldAt(bit >> 3) === 'partitionLeaderEpoch' || mayMove(image, bit))
}

/** Where offsets are missing nobody can tell that a batch had another one. */
function mayMove({ hasGaps }: TornImage, bit: number): boolean {
  return hasGaps && fieldAt(bit >> 3) === 'baseOffset'
}

interface Allowed {
  readonly mayBeLost: (batch: number) => boolean
  readonly mayMove: boolean
}

async function startedAfterKill(
  image: TornImage,
  bytes: Uint8Array,
  { mayBeLost, mayMove }: Allowed = { mayBeLost: () => false, mayMove: false },
): Promise<Outcome> {
  const last = image.placed.at(-1)!
  const { world, dir, log } = await opened(new Map(image.killed).set(LOG_FILE, bytes))
  const before = await readEach(image, log)
  const lost = before.findIndex((seen, i) => seen !== 'same' && i < image.placed.length - 1)
  if (lost >= 0) return mayBeLost(lost) ? 'neighbour' : { wrong: `batch ${lost} is ${before[lost]}` }
  if (log.endOffset === last.nextOffset && before.at(-1) === 'same') return 'unseen'
  const end = image.placed.at(-2)!.nextOffset
  if (mayMove && log.endOffset > end) return 'unseen'
  if (log.endOffset !== end) return { wrong: `the log ends at ${log.endOffset}, not at ${end}` }
  // What was cut must not be in the way of what comes.
  log.append(batchOf(['after']), 2)
  await log.flushed()
  await dir.close(null)
  const again = await opened(await imageOf(world.disk, world.path))
  if (again.log.endOffset !== end + 1) return { wrong: `after an append and a start the log ends at ${again.log.endOffset}` }
  return 'found'
}

/** Bit `bit` of batch `at` is turned below the recovery point; a start after a clean stop, and a scrub. */
export async function turnedBelowRecoveryPoint(image: TornImage, at: number, bit: number): Promise<Outcome> {
  const { position } = image.placed[at]!
  const { log } = await opened(new Map(image.clean).set(LOG_FILE, turned(image.clean, position, bit)))
  const scrub = log.scrub()
  for (let steps = 0; (await scrub.step()) > 0; steps++) if (steps > 1000) return { wrong: 'the scrub does not end' }
  const seen = await readEach(image, log)
  const lost = seen.findIndex((each, i) => i !== at && each !== 'same')
  if (lost >= 0)
    return isNeighbour(image, lost, at, bit) ? 'neighbour' : { wrong: `batch ${lost} is ${seen[lost]}, because of batch ${at}` }
  if (seen[at] === 'same' || (seen[at] === 'other' && mayMove(image, bit))) return 'unseen'
  return seen[at] === 'refused' || seen[at] === 'cut' ? 'found' : { wrong: `batch ${at} is ${seen[at]}` }
}

function turned(files: Image, position: number, bit: number): Uint8Array {
  const bytes = files.get(LOG_FILE)!.slice()
  bytes[position + (bit >> 3)]! ^= 1 << (bit & 7)
  return bytes
}

async function opened(files: Image): Promise<{ world: LogWorld; dir: LogDir; log: Log }> {
  const world = new LogWorld(logConfig(), await diskOf(files))
  const dir = await world.open({ tailBytes: 0 })
  return { world, dir, log: dir.logs.get('torn-0')! }
}

type Seen = 'same' | 'refused' | 'cut' | 'other'

/** What a reader gets for each batch that was there. */
async function readEach({ placed, killed }: TornImage, log: Log): Promise<Seen[]> {
  const seen: Seen[] = []
  for (const { position, size, baseOffset } of placed)
    seen.push(await readOne(log, baseOffset, killed.get(LOG_FILE)!.subarray(position, position + size)))
  return seen
}

/** Where the records' own bytes begin to count: the checksum and what it covers. */
const FROM_CHECKSUM = 17

async function readOne(log: Log, offset: number, expected: Uint8Array): Promise<Seen> {
  if (offset >= log.endOffset) return 'cut'
  try {
    const read = await log.read(offset, 1, log.endOffset)
    const bytes = Buffer.concat(read.views)
    read.release()
    const [first] = batches(bytes)
    if (!first) return 'cut'
    const found = bytes.subarray(first.at, first.at + first.sizeInBytes)
    return Buffer.compare(found.subarray(FROM_CHECKSUM), expected.subarray(FROM_CHECKSUM)) === 0 ? 'same' : 'other'
  } catch (thrown) {
    if (thrown instanceof KafkaError && thrown.error === 'CORRUPT_MESSAGE') return 'refused'
    throw thrown
  }
}
