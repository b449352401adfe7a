// Snapshots in ZooKeeper: the batches of one, cut into pieces that a node takes, and a pointer to the newest that is whole.

import type { SnapshotPlace } from '../machine/elected-log.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import { BrokenLog, listEntries, piecePath } from './entries.ts'
import { isZooKeeperError } from './errors.ts'
import type { Fence } from './fence.ts'
import { bytesOfJson, jsonOf, lookOr, MAX_NODE_BYTES, numberIn, paths } from './layout.ts'
import { create, exists, getChildren, getData, remove, setData } from './operations.ts'
import type { Session } from './session.ts'

export interface SnapshotNode extends SnapshotPlace {
  readonly pieces: number
  readonly sizeInBytes: number
  /** Below it the log may be gone: the end of the snapshot before this one, 0 where there was none. */
  readonly previousEndOffset: number
  readonly lastTimestamp: number
}

const DIGITS = 20
const EPOCH_DIGITS = 10
/** Nodes removed by one multi. */
const REMOVED_AT_ONCE = 100
/** Pieces asked for ahead of the one that is read. */
const READ_AHEAD = 4

const nameOf = ({ endOffset, epoch }: SnapshotPlace) =>
  `${String(endOffset).padStart(DIGITS, '0')}-${String(epoch).padStart(EPOCH_DIGITS, '0')}`
const dirOf = (place: SnapshotPlace) => `${paths.snapshots}/${nameOf(place)}`
const pieceOf = (place: SnapshotPlace, piece: number) => `${dirOf(place)}/${String(piece).padStart(EPOCH_DIGITS, '0')}`

/** The newest whole snapshot; null where there is none. Throws an Error where the pointer is none of ours. */
export async function newestSnapshot(session: Session): Promise<SnapshotNode | null> {
  const node = await lookOr(session, getData(paths.snapshot))
  if (!node) return null
  const json = jsonOf(paths.snapshot, node)
  const number = (name: string) => numberIn(paths.snapshot, json, name)
  return {
    endOffset: number('endOffset'),
    epoch: number('epoch'),
    pieces: number('pieces'),
    sizeInBytes: number('sizeInBytes'),
    previousEndOffset: number('previousEndOffset'),
    lastTimestamp: number('lastTimestamp'),
  }
}

/** The batches of a snapshot in their order. Throws BrokenLog where it is gone or not as it was written. */
export async function* readSnapshot(session: Session, snapshot: SnapshotNode): AsyncGenerator<RecordBatch, void, undefined> {
  let rest: Uint8Array = new Uint8Array(0)
  let size = 0
  const ahead: Promise<Uint8Array>[] = []
  for (let piece = 0; piece < snapshot.pieces; piece++) {
    while (ahead.length < READ_AHEAD && piece + ahead.length < snapshot.pieces)
      ahead.push(kept(readPiece(session, snapshot, piece + ahead.length)))
    const bytes = await ahead.shift()!
    size += bytes.length
    rest = Buffer.concat([rest, bytes])
    let at = 0
    for (const batch of batches(rest)) {
      if (!batch.checksumMatches())
        throw new BrokenLog(`${pieceOf(snapshot, piece)} in ZooKeeper holds other bytes than were written there`)
      yield batch
      at = batch.at + batch.sizeInBytes
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0 || size !== snapshot.sizeInBytes)
    throw new BrokenLog(
      `the snapshot ${dirOf(snapshot)} in ZooKeeper has ${size} bytes instead of ${snapshot.sizeInBytes}, or ends in a batch`,
    )
}

/** Its failure is told when it is its turn. */
function kept<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

async function readPiece(session: Session, snapshot: SnapshotNode, piece: number): Promise<Uint8Array> {
  const node = await lookOr(session, getData(pieceOf(snapshot, piece)))
  if (!node) throw new BrokenLog(`${pieceOf(snapshot, piece)} in ZooKeeper is gone; a newer snapshot may have taken its place`)
  return node.data
}

/**
 * Writes a snapshot under `fence` and makes it the newest; it counts from the moment in which its pointer is set. Throws Fenced where another controller
 * was elected meanwhile.
 */
export async function writeSnapshot(
  fence: Fence,
  place: SnapshotPlace,
  lastTimestamp: number,
  data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<SnapshotNode> {
  const before = await newestSnapshot(fence.session)
  // A controller before us may have begun the same one.
  await removeSnapshot(fence, nameOf(place))
  await makeOnce(fence, create(dirOf(place), null))
  let pieces = 0
  let sizeInBytes = 0
  let rest: Uint8Array[] = []
  let restSize = 0
  const flush = async (limit: number) => {
    if (restSize <= limit) return
    const bytes = Buffer.concat(rest)
    let at = 0
    for (; bytes.length - at > limit; at += MAX_NODE_BYTES) {
      await makeOnce(fence, create(pieceOf(place, pieces++), bytes.subarray(at, at + MAX_NODE_BYTES)))
    }
    rest = at < bytes.length ? [bytes.subarray(at)] : []
    restSize = Math.max(0, bytes.length - at)
  }
  for await (const batch of data) {
    rest.push(Uint8Array.from(batch))
    restSize += batch.length
    sizeInBytes += batch.length
    await flush(MAX_NODE_BYTES - 1)
  }
  await flush(0)
  const snapshot = { ...place, pieces, sizeInBytes, previousEndOffset: before?.endOffset ?? 0, lastTimestamp }
  await point(fence, snapshot)
  return snapshot
}

async function makeOnce(fence: Fence, change: ReturnType<typeof create>): Promise<void> {
  await fence.insist([change], (thrown) => isZooKeeperError(thrown, 'NodeExists'))
}

async function point(fence: Fence, snapshot: SnapshotNode): Promise<void> {
  const data = bytesOfJson({ version: 1, ...snapshot })
  const isThere = (await lookOr(fence.session, exists(paths.snapshot))) !== null
  if (isThere) await fence.insist([setData(paths.snapshot, data)], () => false)
  else await makeOnce(fence, create(paths.snapshot, data))
}

/**
 * Removes what no start needs behind `newest`: older snapshots but the one before it, half-written ones, and the log below that one. Gives the names' offset
 * from which the log is still there.
 */
export async function removeOld(fence: Fence, newest: SnapshotNode): Promise<number> {
  const { names } = await fence.session.look(getChildren(paths.snapshots))
  const previous = names.filter((name) => Number(name.slice(0, DIGITS)) === newest.previousEndOffset)
  for (const name of names) if (name !== nameOf(newest) && !previous.includes(name)) await removeSnapshot(fence, name)
  const entries = await listEntries(fence.session)
  const bases = entries.filter(({ piece }) => piece === 0).map(({ baseOffset }) => baseOffset)
  // An entry is not needed when the next one begins at or below the previous snapshot's end.
  const first = bases.findLast((base, index) => index === 0 || base <= newest.previousEndOffset) ?? 0
  const old = entries.filter(({ baseOffset }) => baseOffset < first)
  await removeAll(
    fence,
    old.map(({ baseOffset, piece }) => piecePath(baseOffset, piece)),
  )
  return first
}

/** Pieces of batches at `endOffset` or behind it that a controller before us began and could not commit. */
export async function removeLeftOver(fence: Fence, endOffset: number): Promise<void> {
  const left = (await listEntries(fence.session)).filter(({ baseOffset }) => baseOffset >= endOffset)
  await removeAll(
    fence,
    left.map(({ name }) => `${paths.entries}/${name}`),
  )
}

async function removeSnapshot(fence: Fence, name: string): Promise<void> {
  const dir = `${paths.snapshots}/${name}`
  const children = await lookOr(fence.session, getChildren(dir))
  if (!children) return
  await removeAll(
    fence,
    children.names.sort().map((piece) => `${dir}/${piece}`),
  )
  await removeAll(fence, [dir])
}

async function removeAll(fence: Fence, nodes: readonly string[]): Promise<void> {
  for (let i = 0; i < nodes.length; i += REMOVED_AT_ONCE) {
    const some = nodes.slice(i, i + REMOVED_AT_ONCE)
    const isGone = (thrown: unknown) => isZooKeeperError(thrown, 'NoNode')
    try {
      await fence.insist(
        some.map((node) => remove(node)),
        isGone,
      )
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown
      // One of them was removed by hand: each by itself.
      for (const node of some)
        await fence.insist([remove(node)], isGone).catch((why: unknown) => void (isGone(why) || raise(why)))
    }
  }
}

function raise(why: unknown): never {
  throw why
}
