// The committed batches as nodes: each entry is one node of whole batches named by its first offset, or a batch too large for one node in several pieces.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { batches, HEADER_SIZE, RecordBatch as View } from '../protocol/records/batch.ts'
import { isZooKeeperError } from './errors.ts'
import { MAX_NODE_BYTES, paths } from './layout.ts'
import { getChildren, getData } from './operations.ts'
import type { Session } from './session.ts'

export interface Entry {
  readonly baseOffset: number
  /** Exclusive. */
  readonly nextOffset: number
  readonly bytes: Uint8Array
  readonly batches: readonly RecordBatch[]
}

const DIGITS = 20
const PIECE_DIGITS = 4

/** `/…/log/00000000000000000042`: the whole entry, or its first piece. */
export const entryPath = (baseOffset: number): string => `${paths.entries}/${String(baseOffset).padStart(DIGITS, '0')}`
/** `/…/log/00000000000000000042-0001`: what follows in an entry of several pieces. */
export const piecePath = (baseOffset: number, piece: number): string =>
  piece === 0 ? entryPath(baseOffset) : `${entryPath(baseOffset)}-${String(piece).padStart(PIECE_DIGITS, '0')}`

const NAME = /^(\d{20})(?:-(\d{4}))?$/

export interface EntryName {
  readonly name: string
  readonly baseOffset: number
  readonly piece: number
}

/** All nodes of the log, in order; what is none of ours is left out. */
export async function listEntries(session: Session): Promise<EntryName[]> {
  const { names } = await session.look(getChildren(paths.entries))
  return names
    .flatMap((name) => {
      const found = NAME.exec(name)
      return found ? [{ name, baseOffset: Number(found[1]), piece: Number(found[2] ?? 0) }] : []
    })
    .sort((a, b) => a.baseOffset - b.baseOffset || a.piece - b.piece)
}

/** Bytes in pieces that a node takes. */
export function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += MAX_NODE_BYTES) pieces.push(bytes.subarray(at, at + MAX_NODE_BYTES))
  return pieces
}

/** The log in ZooKeeper is not as this build, or any, has written it: somebody removed or changed nodes. */
export class BrokenLog extends Error {
  override readonly name = 'BrokenLog'
}

/** The entry that begins with `baseOffset`; null where there is none. Throws BrokenLog for bytes that nobody has written so. */
export async function readEntry(session: Session, baseOffset: number): Promise<Entry | null> {
  const first = await piece(session, baseOffset, 0)
  if (!first) return null
  if (first.length < HEADER_SIZE)
    throw new BrokenLog(`${entryPath(baseOffset)} in ZooKeeper holds ${first.length} bytes, which is no batch`)
  const size = new View(first).sizeInBytes
  const pieces = [first]
  for (let length = first.length; length < size; ) {
    const next = await piece(session, baseOffset, pieces.length)
    if (!next?.length)
      throw new BrokenLog(
        `${piecePath(baseOffset, pieces.length)} in ZooKeeper is missing: the batch has ${size} bytes, ${length} are there`,
      )
    pieces.push(next)
    length += next.length
  }
  return entryOf(baseOffset, pieces.length === 1 ? Uint8Array.from(first) : Buffer.concat(pieces))
}

async function piece(session: Session, baseOffset: number, number: number): Promise<Uint8Array | null> {
  try {
    return (await session.look(getData(piecePath(baseOffset, number)))).data
  } catch (thrown) {
    if (isZooKeeperError(thrown, 'NoNode')) return null
    throw thrown
  }
}

/** Views of the batches in it; throws BrokenLog unless they are whole, sound and without gaps. */
function entryOf(baseOffset: number, bytes: Uint8Array): Entry {
  const found: RecordBatch[] = []
  let nextOffset = baseOffset
  let length = 0
  for (const batch of batches(bytes)) {
    if (batch.baseOffset !== nextOffset || !batch.checksumMatches())
      throw new BrokenLog(
        `${entryPath(baseOffset)} in ZooKeeper holds other bytes than were written there, from offset ${nextOffset} on`,
      )
    found.push(batch)
    nextOffset = batch.nextOffset
    length += batch.sizeInBytes
  }
  if (found.length === 0 || length !== bytes.length)
    throw new BrokenLog(`${entryPath(baseOffset)} in ZooKeeper ends in the middle of a batch`)
  return { baseOffset, nextOffset, bytes, batches: found }
}
