// One segment: a file of batches, its indexes, and the part of it that is still in memory.

import type { ReadBytes } from '../platform/disk.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { Books } from './books.ts'
import { type Damage, Damages } from './damage.ts'
import { offsetName, SUFFIX, segmentSuffixes } from './file-names.ts'
import { type IndexPaths, readIndexes, writeIndexes } from './index-files.ts'
import { isLargest, isPlace, isTime } from './index-proof.ts'
import type { FileHandle } from './open-files.ts'
import { Places } from './places.ts'
import { contentsOf, findBatch, type Placed } from './scan.ts'
import type { SegmentStart } from './segment-start.ts'
import { type Shared, writeFile } from './shared.ts'
import { Tail } from './tail.ts'
import { NO_TIMESTAMP } from './time-index.ts'
import { type AbortedEntry, transactionIndexBytes } from './transaction-index.ts'

const LARGEST_RELATIVE_OFFSET = 0x7fff_ffff
/** Kafka's default distance of index entries; only the density of an index that had to be made again depends on it. */
const REBUILD_INTERVAL = 4096

/** A segment up to this size is looked through: that costs less than reading two index files, which a power cut may have torn. */
const RESCAN_MAX = 64 * 1024

export type { Placed } from './scan.ts'

export class Segment {
  readonly baseOffset: number
  readonly tail: Tail
  readonly places = new Places()
  readonly damages = new Damages()
  readonly createdAt: number
  /** By how much this segment is closed before `segment.ms` is over. */
  jitterMs = 0
  nextOffset: number
  /** Of the first batch; null while there is none. */
  firstTimestamp: number | null = null
  /** When bytes were added last, as far as this process knows. */
  changedAt: number
  aborted: AbortedEntry[] = []
  hasTransactionIndexFile = false
  isTransactionIndexDamaged = false
  /** The file is there, be it empty. */
  hasFile: boolean
  /** The directory entry of the file survives a power cut. */
  isEntryFlushed: boolean
  /** The index files say what the indexes in memory say. */
  areIndexesWritten: boolean
  /** Its files are renamed or gone; only readers that began before still use it. */
  isRetired = false
  /** How often its end was cut off: what a look began to find out before that is not true any more. */
  cuts = 0
  readonly #shared: Shared
  readonly #file: FileHandle
  readonly #dir: string
  #mark: string
  #books: Books | null
  #loading: Promise<Books> | null = null
  #takesBatches = false // with indexes that were read back
  #maxTimestamp: number | null
  /** Up to where bytes were handed to the file. */
  #sent: number
  #isSending = false
  #writtenOffset: number
  #flushedOffset: number

  constructor(shared: Shared, dir: string, { baseOffset, sizeInBytes, nextOffset, mark = '' }: SegmentStart) {
    const isNew = sizeInBytes === 0
    this.#shared = shared
    this.#dir = dir
    this.#mark = mark
    this.baseOffset = baseOffset
    this.nextOffset = nextOffset
    this.createdAt = shared.clock.now()
    this.changedAt = this.createdAt
    this.tail = new Tail(shared.tails, sizeInBytes)
    this.#file = shared.files.handle(this.pathOf(SUFFIX.log))
    this.#books = isNew ? Books.empty(baseOffset) : null
    this.#maxTimestamp = isNew ? NO_TIMESTAMP : null
    this.hasFile = !isNew
    this.isEntryFlushed = !isNew
    this.areIndexesWritten = !isNew
    this.#sent = sizeInBytes
    this.#writtenOffset = nextOffset
    this.#flushedOffset = nextOffset
  }

  get sizeInBytes(): number {
    return this.tail.end
  }

  /** Everything before it is with the operating system. */
  get writtenOffset(): number {
    return this.#writtenOffset
  }

  /** Everything before it is on the device. */
  get flushedOffset(): number {
    return this.#flushedOffset
  }

  /** A write is under way, and what is appended meanwhile will follow it. */
  get isSending(): boolean {
    return this.#isSending
  }

  get isWritten(): boolean {
    return this.tail.writtenPosition === this.tail.end
  }

  get isFlushed(): boolean {
    return this.#flushedOffset >= this.nextOffset
  }

  pathOf(suffix: string): string {
    return `${this.#dir}/${offsetName(this.baseOffset)}${suffix}${this.#mark}`
  }

  /** Whether an offset can be written in the indexes' four bytes. */
  takesOffset(lastOffset: number): boolean {
    return lastOffset - this.baseOffset <= LARGEST_RELATIVE_OFFSET
  }

  /** Whether an index of `maxBytes` has no more room; the time index keeps some for its last entry. */
  isIndexFull(maxBytes: number): boolean {
    const { offsets, times } = this.#activeBooks
    return offsets.sizeInBytes + 8 > maxBytes || times.sizeInBytes + 24 > maxBytes
  }

  // The books of a segment that takes batches are always in memory.
  get #activeBooks(): Books {
    return (this.#books ??= Books.empty(this.baseOffset))
  }

  /** Adds a copy of the batch, whose offsets are final; with an index entry where the last one is more than `intervalBytes` ago. */
  append(batch: RecordBatch, intervalBytes: number, now: number): void {
    const position = this.tail.end
    this.tail.append(batch.slice())
    this.#shared.tails.unwrittenBytes += this.tail.end - position
    this.note(batch, position, intervalBytes)
    this.changedAt = now
    this.#file.isDirty = true
  }

  /** Takes a batch at `position` into the books: a new one, or one that is found again by a scan from the beginning. */
  note(batch: RecordBatch, position: number, intervalBytes: number): void {
    const books = this.#activeBooks
    books.note(batch, position, intervalBytes)
    this.#maxTimestamp = books.maxTimestamp
    this.firstTimestamp ??= batch.maxTimestamp
    this.nextOffset = batch.nextOffset
    this.areIndexesWritten = false
  }

  // ---- writing

  /** Hands everything that is not yet written to the file, one write at a time; `onWritten` runs after each. */
  async send(onWritten: () => void): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    try {
      while (this.#sent < this.tail.end) {
        const { nextOffset } = this
        const end = this.tail.end
        const bytes = this.tail.views(this.#sent, end)
        this.#sent = end
        try {
          await this.#file.use((file) => {
            this.hasFile = true // and not sooner: a flush of the directory that began before the file was made says nothing of it
            return file.append(bytes.views)
          })
        } finally {
          bytes.release()
        }
        this.#shared.tails.unwrittenBytes -= end - this.tail.writtenPosition
        this.tail.writtenPosition = end
        this.#writtenOffset = nextOffset
        onWritten()
      }
    } finally {
      this.#isSending = false
    }
  }

  /** Resolves when everything that was written before is on the device, and with the first flush the file's name too. */
  async flush(): Promise<void> {
    const { writtenOffset } = this
    const written = this.tail.writtenPosition
    await this.#file.use((file) => file.flush())
    if (!this.isEntryFlushed) {
      await this.#shared.disk.flushDirectory(this.#dir)
      this.isEntryFlushed = true
    }
    this.#flushedOffset = Math.max(this.#flushedOffset, Math.min(writtenOffset, this.nextOffset))
    if (written === this.tail.end) this.#file.isDirty = false
  }

  /**
   * Writes the index files as they have to be when nothing more is added. Flushed, a recovery point may pass them (Apache Kafka believes the
   * indexes below it); else those of a small segment may be lost or torn by a power cut, which costs ours nothing: it looks through the segment.
   */
  async writeIndexes(isFlushed = this.sizeInBytes > RESCAN_MAX): Promise<void> {
    if (this.areIndexesWritten || this.sizeInBytes === 0) return
    const books = this.#activeBooks
    books.finish()
    await writeIndexes(this.#shared.disk, this.#indexPaths, books, isFlushed)
    await this.#writeTransactionIndex()
    this.areIndexesWritten = true
  }

  get #indexPaths(): IndexPaths {
    return { offsets: this.pathOf(SUFFIX.offsetIndex), times: this.pathOf(SUFFIX.timeIndex) }
  }

  async #writeTransactionIndex(): Promise<void> {
    const path = this.pathOf(SUFFIX.transactionIndex)
    if (this.aborted.length > 0) await writeFile(this.#shared.disk, path, transactionIndexBytes(this.aborted))
    else if (this.hasTransactionIndexFile) await this.#shared.disk.remove(path)
    this.hasTransactionIndexFile = this.aborted.length > 0
  }

  // ---- indexes

  /** Nothing more is added: the indexes may be forgotten when others need the room. */
  settle(): void {
    this.#takesBatches = false
    if (this.#books) this.#shared.indexes.touched(this)
  }

  get indexBytes(): number {
    return this.#books?.sizeInBytes ?? 0
  }

  forgetIndexes(): void {
    if (this.areIndexesWritten) this.#books = null
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
      const isSmall = this.sizeInBytes <= RESCAN_MAX
      const found = isSmall ? await this.#scanned() : await readIndexes(this.#shared, this.#indexPaths, this)
      const books = found ?? (await this.#remade())
      this.#maxTimestamp = Math.max(books.maxTimestamp, this.#maxTimestamp ?? NO_TIMESTAMP)
      this.#books = books
      return books
    } finally {
      this.#loading = null
    }
  }

  async #scanned(): Promise<Books> {
    const books = Books.empty(this.baseOffset)
    for await (const { batch, position } of this.contents(0, this.sizeInBytes)) books.note(batch, position, REBUILD_INTERVAL)
    return books
  }

  /** Index files that are missing or cannot be believed are made again, and written. */
  async #remade(): Promise<Books> {
    const books = await this.#scanned()
    this.#books = books
    this.#maxTimestamp = books.maxTimestamp
    this.areIndexesWritten = false
    if (!this.isRetired) await this.writeIndexes() // what took its place has indexes of these names
    return books
  }

  /** The last offset of an indexed batch at or behind `position`; null where the indexes in memory know none for sure. */
  indexedOffsetFrom(position: number): number | null {
    return this.#books && !this.#books.isFromFiles ? this.#books.offsets.offsetFrom(position) : null
  }

  /** Where to begin to look for the batch that holds `offset`: at a batch, none before which holds it. */
  async startFor(offset: number): Promise<number> {
    const books = await this.books()
    const entry = books.offsets.entryFor(offset)
    const near = this.places.nearest(offset, entry?.position ?? 0)
    if (!entry || !books.isFromFiles || near !== entry.position || (await isPlace(this, entry, offset))) return near
    return (await this.#otherThan(books, this.#indexPaths.offsets))?.offsets.positionFor(offset) ?? 0
  }

  /** Where to begin to look for the first batch with `timestamp` or a later one that ends at or behind `offset`. */
  async startForTime(timestamp: number, offset: number): Promise<number> {
    const books = await this.#provenTimes()
    const entry = books.times.entryBefore(timestamp)
    const from = await this.startFor(Math.max(entry?.offset ?? this.baseOffset, offset))
    if (!entry || !books.isFromFiles || (await isTime(this, entry, await this.startFor(entry.offset)))) return from
    await this.#timesAreWrong(books)
    return this.startForTime(timestamp, offset)
  }

  /** The books, with a time index that does not end too early. */
  async #provenTimes(): Promise<Books> {
    const books = await this.books()
    if (books.areTimesProven) return books
    const { last } = books.times
    const from = last && (await this.startFor(last.offset))
    books.areTimesProven =
      last !== null && from !== null && (await isTime(this, last, from)) && (await isLargest(this, last.timestamp, from))
    return books.areTimesProven ? books : this.#timesAreWrong(books)
  }

  async #timesAreWrong(books: Books): Promise<Books> {
    const other = await this.#otherThan(books, this.#indexPaths.times)
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

  /** A transaction was aborted whose marker lies here. */
  addAborted(entry: AbortedEntry): void {
    this.aborted.push(entry)
    this.areIndexesWritten = false
  }

  /** The largest timestamp inside; -1 where no record has a time. */
  async maxTimestamp(): Promise<number> {
    if (this.#maxTimestamp === null || this.#books?.areTimesProven === false) await this.#provenTimes()
    return this.#maxTimestamp ?? NO_TIMESTAMP
  }

  /** Forgets the books, for a scan from the beginning that makes them again with `note`. */
  restartBooks(): void {
    this.#books = Books.empty(this.baseOffset)
    this.#maxTimestamp = NO_TIMESTAMP
    this.firstTimestamp = null
    this.nextOffset = this.baseOffset
    this.aborted = []
    this.areIndexesWritten = false
  }

  /** Reads what the indexes do not say of the end of the segment, so that it can take batches again. The position where it ends. */
  async resume(): Promise<number> {
    if (!this.#books && this.sizeInBytes <= RESCAN_MAX) return this.#resumeFrom(Books.empty(this.baseOffset))
    const books = await this.books()
    this.#takesBatches = true
    this.#shared.indexes.remove(this)
    const first = await this.find(0, this.sizeInBytes, () => true)
    this.firstTimestamp = first?.batch.maxTimestamp ?? null
    return this.#resumeFrom(books)
  }

  async #resumeFrom(books: Books): Promise<number> {
    const indexed = books.offsets.lastPosition
    let next = this.baseOffset
    let end = indexed
    await this.find(indexed, this.sizeInBytes, (batch) => {
      if (batch.magic !== 2) return true // of old, or no batch: a check will tell
      if (indexed > 0) books.revisit(batch)
      else books.note(batch, end, REBUILD_INTERVAL)
      this.firstTimestamp ??= batch.maxTimestamp
      next = batch.nextOffset
      end += batch.sizeInBytes
      return false
    })
    this.#books = books
    this.#maxTimestamp = books.maxTimestamp
    this.endsAt(next)
    return end
  }

  /** Says what a scan found to be the end: `offset` follows the last record. What a start finds counts as written and flushed. */
  endsAt(offset: number): void {
    this.nextOffset = offset
    this.#writtenOffset = offset
    this.#flushedOffset = offset
  }

  /** What a start found behind `offset` may be with the operating system alone. */
  isFlushedTo(offset: number): void {
    this.#flushedOffset = Math.max(this.baseOffset, Math.min(offset, this.nextOffset))
    this.#file.isDirty = true
  }

  // ---- reading

  /** The bytes from `from` up to `end`, out of the file as far as memory does not have them. */
  async read(from: number, end: number): Promise<ReadBytes> {
    const inMemory = this.tail.views(Math.max(from, this.tail.position), end)
    const fileEnd = end - inMemory.sizeInBytes
    if (fileEnd <= from) return inMemory
    try {
      const onDisk = await this.#file.use((file) => file.read(from, fileEnd - from))
      if (inMemory.sizeInBytes === 0) return onDisk
      return {
        views: [...onDisk.views, ...inMemory.views],
        release: () => {
          onDisk.release()
          inMemory.release()
        },
      }
    } catch (thrown) {
      inMemory.release()
      throw thrown
    }
  }

  /** The first batch from the one at `from` on that `isWanted`; null where none begins before `end`. Sees headers alone. */
  find(from: number, end: number, isWanted: (batch: RecordBatch) => boolean): Promise<Placed | null> {
    return findBatch(this, from, end, isWanted)
  }

  /** Every whole batch from the one at `from` up to `end`, with its bytes, valid until the next one is asked for. In time slices. */
  contents(from: number, end: number): AsyncGenerator<Placed, void, undefined> {
    return contentsOf(this, this.#shared.slices, from, end)
  }

  /** What a look at every byte found; gives what was not known. Readers are kept from it, and scans pass over it, from here on. */
  tookDamage(found: readonly Damage[]): readonly Damage[] {
    const fresh = this.damages.become(found)
    if (fresh.length > 0) this.places.clear() // they may have been found by walking over what is damaged
    return fresh
  }

  // ---- changing files

  /** Cuts everything from `position` on, where the batch of `offset` begins. No write may be under way. */
  async truncate(position: number, offset: number): Promise<void> {
    const books = await this.books()
    books.truncate(position, offset)
    this.cuts++
    this.firstTimestamp = null
    this.aborted = this.aborted.filter(({ lastOffset }) => lastOffset < offset)
    this.tail.truncate(position)
    this.places.clear()
    this.damages.truncate(position)
    this.#sent = position
    this.areIndexesWritten = false
    await this.#file.use(async (file) => {
      await file.truncate(position)
      await file.flush() // else a power cut could bring the old bytes back behind new ones
    })
    this.#file.isDirty = false
    await this.resume()
    this.endsAt(offset)
  }

  /** Resolves when nobody uses the file any more; whoever wants to from here on gets a ClosedFile. It stays on disk. */
  closeFile(): Promise<void> {
    return this.#file.end()
  }

  /** Gives memory back. */
  forget(): void {
    this.tail.clear()
    this.#shared.indexes.remove(this)
  }

  /** Renames all files by another mark behind their names; readers go on undisturbed. */
  async rename(mark: string): Promise<void> {
    const { disk } = this.#shared
    // The file is open meanwhile, so that nobody tries to open it by a name that is just being changed.
    await this.#file.use(async () => {
      const from = segmentSuffixes.map((suffix) => this.pathOf(suffix))
      this.#mark = mark
      for (const [i, suffix] of segmentSuffixes.entries()) {
        const isThere = suffix !== SUFFIX.transactionIndex || this.hasTransactionIndexFile
        if (isThere && (suffix === SUFFIX.log || (await disk.exists(from[i]!)))) await disk.rename(from[i]!, this.pathOf(suffix))
      }
      this.#file.path = this.pathOf(SUFFIX.log)
    })
  }

  /** Takes the segment out of use: its files wait under another name for `remove`, or stay there for ever. */
  async retire(mark: string): Promise<void> {
    this.isRetired = true
    if (this.hasFile) await this.rename(mark)
    this.forget()
  }

  /** Removes the files. */
  async remove(): Promise<void> {
    this.forget()
    await this.closeFile()
    if (!this.hasFile) return
    for (const suffix of segmentSuffixes) await this.#shared.disk.remove(this.pathOf(suffix))
  }
}
