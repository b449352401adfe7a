// The indexes of one segment: made while batches come, forgotten when others need the room, read back from their files or made again where
// those are missing or wrong.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { Books } from './books.ts'
import { SUFFIX } from './file-names.ts'
import type { Cached } from './index-cache.ts'
import { type IndexPaths, readIndexes, writeIndexes } from './index-files.ts'
import { isLargest, isPlace, isTime, type Witness } from './index-proof.ts'
import type { Places } from './places.ts'
import type { Placed } from './scan.ts'
import { type Shared, writeFile } from './shared.ts'
import { NO_TIMESTAMP } from './time-index.ts'
import { type AbortedEntry, transactionIndexBytes } from './transaction-index.ts'

/** Kafka's default distance of index entries; only the density of an index that had to be made again depends on it. */
const REBUILD_INTERVAL = 4096

/** A segment up to this size is looked through: that costs less than reading two index files, which a power cut may have torn. */
const RESCAN_MAX = 64 * 1024

/** The segment that is indexed. */
export interface Indexed extends Witness {
  readonly places: Places
  /** Its files are renamed or gone. */
  readonly isRetired: boolean
  pathOf(suffix: string): string
  contents(from: number, end: number): AsyncGenerator<Placed, void, undefined>
}

export class SegmentIndexes implements Cached {
  /** The index files say what the indexes in memory say. */
  areWritten: boolean
  /** Of the transactions whose markers lie in the segment. */
  aborted: AbortedEntry[] = []
  hasTransactionFile = false
  isTransactionFileDamaged = false
  readonly #shared: Shared
  readonly #segment: Indexed
  #books: Books | null
  #loading: Promise<Books> | null = null
  #takesBatches = false // with indexes that were read back
  #maxTimestamp: number | null

  constructor(shared: Shared, segment: Indexed, isNew: boolean) {
    this.#shared = shared
    this.#segment = segment
    this.#books = isNew ? Books.empty(segment.baseOffset) : null
    this.#maxTimestamp = isNew ? NO_TIMESTAMP : null
    this.areWritten = !isNew
  }

  /** Whether an index of `maxBytes` has no more room; the time index keeps some for its last entry. */
  isFull(maxBytes: number): boolean {
    const { offsets, times } = this.#activeBooks
    return offsets.sizeInBytes + 8 > maxBytes || times.sizeInBytes + 24 > maxBytes
  }

  // The books of a segment that takes batches are always in memory.
  get #activeBooks(): Books {
    return (this.#books ??= Books.empty(this.#segment.baseOffset))
  }

  /** A batch at `position`; with an entry where the last one is more than `intervalBytes` ago. */
  note(batch: RecordBatch, position: number, intervalBytes: number): void {
    const books = this.#activeBooks
    books.note(batch, position, intervalBytes)
    this.#maxTimestamp = books.maxTimestamp
    this.areWritten = false
  }

  /** A transaction was aborted whose marker lies here. */
  addAborted(entry: AbortedEntry): void {
    this.aborted.push(entry)
    this.areWritten = false
  }

  /** Forgets everything, for a scan from the beginning that makes it again with `note`. */
  restart(): void {
    this.#books = Books.empty(this.#segment.baseOffset)
    this.#maxTimestamp = NO_TIMESTAMP
    this.aborted = []
    this.areWritten = false
  }

  /** Reads back what has to change before the segment is cut: `cut` does not wait for anything. */
  async truncation(): Promise<{ cut(position: number, offset: number): void }> {
    const books = await this.books()
    return {
      cut: (position, offset) => {
        books.truncate(position, offset)
        this.aborted = this.aborted.filter(({ lastOffset }) => lastOffset < offset)
        this.areWritten = false
      },
    }
  }

  // ---- files

  /**
   * Writes the index files as they have to be when nothing more is added. Flushed, a recovery point may pass them (Apache Kafka believes the
   * indexes below it); else those of a small segment may be lost or torn by a power cut, which costs ours nothing: it looks through the segment.
   */
  async write(isFlushed = this.#segment.sizeInBytes > RESCAN_MAX): Promise<void> {
    if (this.areWritten || this.#segment.sizeInBytes === 0) return
    const books = this.#activeBooks
    books.finish()
    await writeIndexes(this.#shared.disk, this.#paths, books, isFlushed)
    await this.#writeTransactions()
    this.areWritten = true
  }

  get #paths(): IndexPaths {
    return { offsets: this.#segment.pathOf(SUFFIX.offsetIndex), times: this.#segment.pathOf(SUFFIX.timeIndex) }
  }

  async #writeTransactions(): Promise<void> {
    const path = this.#segment.pathOf(SUFFIX.transactionIndex)
    if (this.aborted.length > 0) await writeFile(this.#shared.disk, path, transactionIndexBytes(this.aborted))
    else if (this.hasTransactionFile) await this.#shared.disk.remove(path)
    this.hasTransactionFile = this.aborted.length > 0
  }

  // ---- memory

  /** Nothing more is added: the indexes may be forgotten when others need the room. */
  settle(): void {
    this.#takesBatches = false
    if (this.#books) this.#shared.indexes.touched(this)
  }

  get sizeInMemory(): number {
    return this.#books?.sizeInBytes ?? 0
  }

  /** Gives the memory back where the files have it all. */
  forget(): void {
    if (this.areWritten) this.#books = null
  }

  /** The segment gives all memory back: its indexes stay only as long as somebody uses them. */
  leave(): void {
    this.#shared.indexes.remove(this)
  }

  /** The indexes, read back or made again where they are not in memory. */
  async books(): Promise<Books> {
    if (this.#books) return this.#books
    this.#loading ??= this.#load()
    const books = await this.#loading
    this.#shared.indexes.touched(this)
    return books
  }

  async #load(): Promise<Books> {
    try {
      const isSmall = this.#segment.sizeInBytes <= RESCAN_MAX
      const found = isSmall ? await this.#scanned() : await readIndexes(this.#shared, this.#paths, this.#segment)
      const books = found ?? (await this.#remade())
      this.#maxTimestamp = Math.max(books.maxTimestamp, this.#maxTimestamp ?? NO_TIMESTAMP)
      this.#books = books
      return books
    } finally {
      this.#loading = null
    }
  }

  async #scanned(): Promise<Books> {
    const segment = this.#segment
    const books = Books.empty(segment.baseOffset)
    for await (const { batch, position } of segment.contents(0, segment.sizeInBytes))
      books.note(batch, position, REBUILD_INTERVAL)
    return books
  }

  /** Index files that are missing or cannot be believed are made again, and written. */
  async #remade(): Promise<Books> {
    const books = await this.#scanned()
    this.#books = books
    this.#maxTimestamp = books.maxTimestamp
    this.areWritten = false
    if (!this.#segment.isRetired) await this.write() // what took its place has indexes of these names
    return books
  }

  // ---- the end of a segment that takes batches again

  /**
   * Reads what the indexes do not say of the end of the segment, so that batches can follow. Gives the position where it ends, the offset that
   * comes next, and the first batch's largest timestamp; null where there is none.
   */
  async resume(): Promise<{ end: number; nextOffset: number; firstTimestamp: number | null }> {
    const segment = this.#segment
    if (!this.#books && segment.sizeInBytes <= RESCAN_MAX) return this.#resumeFrom(Books.empty(segment.baseOffset), null)
    const books = await this.books()
    this.#takesBatches = true
    this.#shared.indexes.remove(this)
    const first = await segment.find(0, segment.sizeInBytes, () => true)
    return this.#resumeFrom(books, first?.batch.maxTimestamp ?? null)
  }

  async #resumeFrom(books: Books, firstTimestamp: number | null) {
    const indexed = books.offsets.lastPosition
    const found = { end: indexed, nextOffset: this.#segment.baseOffset, firstTimestamp }
    await this.#segment.find(indexed, this.#segment.sizeInBytes, (batch) => {
      if (batch.magic !== 2) return true // of old, or no batch: a check will tell
      if (indexed > 0) books.revisit(batch)
      else books.note(batch, found.end, REBUILD_INTERVAL)
      found.firstTimestamp ??= batch.maxTimestamp
      found.nextOffset = batch.nextOffset
      found.end += batch.sizeInBytes
      return false
    })
    this.#books = books
    this.#maxTimestamp = books.maxTimestamp
    return found
  }

  // ---- places

  /** The last offset of an indexed batch at or behind `position`; null where the indexes in memory know none for sure. */
  offsetFrom(position: number): number | null {
    return this.#books && !this.#books.isFromFiles ? this.#books.offsets.offsetFrom(position) : null
  }

  /** Where to begin to look for the batch that holds `offset`: at a batch, none before which holds it. */
  async startFor(offset: number): Promise<number> {
    const books = await this.books()
    const entry = books.offsets.entryFor(offset)
    const near = this.#segment.places.nearest(offset, entry?.position ?? 0)
    if (!entry || !books.isFromFiles || near !== entry.position || (await isPlace(this.#segment, entry, offset))) return near
    return (await this.#otherThan(books, this.#paths.offsets))?.offsets.positionFor(offset) ?? 0
  }

  /** Where to begin to look for the first batch with `timestamp` or a later one that ends at or behind `offset`. */
  async startForTime(timestamp: number, offset: number): Promise<number> {
    const books = await this.#provenTimes()
    const entry = books.times.entryBefore(timestamp)
    const from = await this.startFor(Math.max(entry?.offset ?? this.#segment.baseOffset, offset))
    if (!entry || !books.isFromFiles || (await isTime(this.#segment, entry, await this.startFor(entry.offset)))) return from
    await this.#timesAreWrong(books)
    return this.startForTime(timestamp, offset)
  }

  /** The largest timestamp in the segment; -1 where no record has a time. */
  async maxTimestamp(): Promise<number> {
    if (this.#maxTimestamp === null || this.#books?.areTimesProven === false) await this.#provenTimes()
    return this.#maxTimestamp ?? NO_TIMESTAMP
  }

  /** The books, with a time index that does not end too early. */
  async #provenTimes(): Promise<Books> {
    const books = await this.books()
    if (books.areTimesProven) return books
    const { last } = books.times
    const from = last && (await this.startFor(last.offset))
    books.areTimesProven =
      last !== null &&
      from !== null &&
      (await isTime(this.#segment, last, from)) &&
      (await isLargest(this.#segment, last.timestamp, from))
    return books.areTimesProven ? books : this.#timesAreWrong(books)
  }

  async #timesAreWrong(books: Books): Promise<Books> {
    const other = await this.#otherThan(books, this.#paths.times)
    if (other) return other
    books.restartTimes()
    books.timesFound(await this.#scanned())
    this.#maxTimestamp = books.maxTimestamp
    return books
  }

  /** Makes the indexes again in the place of `books`, which a file misled; null where the segment takes batches, and they have to stay. */
  async #otherThan(books: Books, path: string): Promise<Books | null> {
    if (this.#books !== books) return this.books() // somebody else was quicker
    this.#shared.logger.warn('an index does not lead to the batches it names', { file: path, isMadeAgain: !this.#takesBatches })
    if (this.#takesBatches) return null
    return (this.#loading ??= this.#remade().finally(() => (this.#loading = null)))
  }
}
