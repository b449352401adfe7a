// What of the metadata log is committed, as this node knows it: where its entries begin, how far they go, and which snapshot stands for those that are gone.

import type { SnapshotPlace } from '../machine/elected-log.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { BrokenLog, type Entry, type EntryName, listEntries, readEntry } from './entries.ts'
import { paths, readHead } from './layout.ts'
import { sync } from './operations.ts'
import type { Session } from './session.ts'
import { newestSnapshot, type SnapshotNode } from './snapshots.ts'

/** Entries asked for at once. */
const READ_AHEAD = 16

export interface CommittedLogEvents {
  /** In order and once each, with the offset behind the last of them. */
  readonly onCommitted: (batches: readonly RecordBatch[], committedOffset: number) => void
  /** The log goes on behind a snapshot: what it holds comes in no batch. */
  readonly onRestored: (snapshot: SnapshotPlace) => void
}

export class CommittedLog {
  readonly #events: CommittedLogEvents
  #endOffset = 0
  #isKnown = false
  /** First offsets of the entries that are there, ascending. */
  #bases: number[] = []
  /** The newest that this node has heard of. */
  snapshot: SnapshotNode | null = null

  constructor(events: CommittedLogEvents) {
    this.#events = events
  }

  get startOffset(): number {
    return this.#bases[0] ?? this.#endOffset
  }

  /** Exclusive. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** How many entries the newest snapshot does not hold. */
  get entriesSinceSnapshot(): number {
    return this.#bases.length - this.#indexOf(this.snapshot?.endOffset ?? 0)
  }

  /**
   * Learns how far the log goes, without a word to those who follow: what is committed by now they read themselves. Throws BrokenLog where neither log nor
   * snapshot has its beginning.
   */
  async begin(session: Session): Promise<void> {
    const head = await readHead(session)
    const snapshot = await newestSnapshot(session)
    const bases = basesBelow(head.endOffset, await listEntries(session))
    requireWhole(bases[0] ?? head.endOffset, snapshot)
    this.#bases = bases
    this.snapshot = snapshot
    this.#endOffset = head.endOffset
    this.#isKnown = true
  }

  get isKnown(): boolean {
    return this.#isKnown
  }

  /**
   * Reads what the head was moved over since, until `isStopped`. Throws BrokenLog where the ensemble has less than this node has seen, or lacks what neither
   * log nor snapshot has any more.
   */
  async follow(session: Session, isStopped: () => boolean): Promise<void> {
    let head = await readHead(session)
    if (head.endOffset < this.#endOffset) {
      // The server of a new session may be behind the one before it.
      await session.look(sync(paths.head))
      head = await readHead(session)
    }
    if (head.endOffset < this.#endOffset) {
      throw new BrokenLog(
        `the metadata log in ZooKeeper ends at ${head.endOffset}, and this node has seen ${this.#endOffset}: the ensemble has lost committed metadata. ` +
          'Bring its data back before this node is started again',
      )
    }
    while (this.#endOffset < head.endOffset) {
      const entry = await readEntry(session, this.#endOffset)
      if (isStopped()) return
      if (entry) this.add(entry)
      else await this.#restore(session, isStopped)
    }
  }

  /** One more entry is committed. */
  add({ baseOffset, nextOffset, batches }: Entry): void {
    this.#bases.push(baseOffset)
    this.#endOffset = nextOffset
    this.#events.onCommitted(batches, nextOffset)
  }

  /** The log begins behind what this node has seen: a snapshot stands for what is between. */
  async #restore(session: Session, isStopped: () => boolean): Promise<void> {
    const snapshot = await newestSnapshot(session)
    const names = await listEntries(session)
    if (isStopped()) return
    if (!snapshot || snapshot.endOffset <= this.#endOffset) {
      throw new BrokenLog(
        `the metadata log in ZooKeeper has no offset ${this.#endOffset}, and no snapshot holds it: somebody removed nodes below ${paths.entries}`,
      )
    }
    this.snapshot = snapshot
    this.#bases = basesBelow(snapshot.endOffset, names)
    this.#endOffset = snapshot.endOffset
    this.#events.onRestored(snapshot)
    await this.#passOver(session, snapshot, isStopped)
  }

  /** A snapshot may end inside of an entry, whose rest still has to come. */
  async #passOver(session: Session, { endOffset }: SnapshotPlace, isStopped: () => boolean): Promise<void> {
    const last = this.#bases.at(-1)
    const entry = last === undefined ? null : await readEntry(session, last)
    if (!entry || entry.nextOffset <= endOffset || isStopped()) return
    this.#bases.pop()
    this.add({ ...entry, batches: entry.batches.filter(({ baseOffset }) => baseOffset >= endOffset) })
  }

  /**
   * Entries from the one that holds `from`, at least one of them; behind the last one, in the same turn, what `uncommitted` gives. Throws BrokenLog where an
   * entry is gone: behind a snapshot, most likely.
   */
  async read(session: Session, from: number, maxBytes: number, uncommitted: () => readonly Uint8Array[]): Promise<Uint8Array[]> {
    const found: Uint8Array[] = []
    let size = 0
    for (let index = this.#indexOf(from); index < this.#bases.length; index += READ_AHEAD) {
      const some = this.#bases.slice(index, index + READ_AHEAD)
      for (const { bytes } of await Promise.all(some.map((base) => entryAt(session, base)))) {
        if (found.length > 0 && size + bytes.length > maxBytes) return found
        found.push(bytes)
        size += bytes.length
      }
    }
    return [...found, ...uncommitted()]
  }

  /** Of the entry that holds `offset`, or of the first behind it. */
  #indexOf(offset: number): number {
    if (offset >= this.#endOffset) return this.#bases.length
    const next = this.#bases.findIndex((base) => base > offset)
    return Math.max(0, (next < 0 ? this.#bases.length : next) - 1)
  }

  /** The nodes of entries before `offset` are gone. */
  forgetBelow(offset: number): void {
    const first = this.#bases.findIndex((base) => base >= offset)
    if (first > 0) this.#bases.splice(0, first)
  }
}

async function entryAt(session: Session, base: number): Promise<Entry> {
  const entry = await readEntry(session, base)
  if (!entry)
    throw new BrokenLog(`the metadata log in ZooKeeper has no offset ${base} any more; a newer snapshot may have taken its place`)
  return entry
}

function basesBelow(endOffset: number, names: readonly EntryName[]): number[] {
  return names.filter(({ baseOffset, piece }) => piece === 0 && baseOffset < endOffset).map(({ baseOffset }) => baseOffset)
}

function requireWhole(startOffset: number, snapshot: SnapshotNode | null): void {
  const endOffset = snapshot?.endOffset ?? 0
  if (startOffset <= endOffset) return
  throw new BrokenLog(
    `the metadata log in ZooKeeper begins at ${startOffset}, but the newest snapshot ends at ${endOffset}: somebody removed nodes below ${paths.entries}`,
  )
}
