// One segment: a file of batches, its indexes, and the part of it that is still in memory.

import type { ReadBytes } from '../platform/disk.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { type Damage, Damages } from './damage.ts'
import { offsetName, SUFFIX, segmentSuffixes } from './file-names.ts'
import type { FileHandle } from './open-files.ts'
import { Places } from './places.ts'
import { contentsOf, findBatch, type Placed } from './scan.ts'
import { SegmentIndexes } from './segment-indexes.ts'
import type { SegmentStart } from './segment-start.ts'
import type { Shared } from './shared.ts'
import { Tail } from './tail.ts'

const LARGEST_RELATIVE_OFFSET = 0x7fff_ffff

export type { Placed } from './scan.ts'

export class Segment {
  readonly baseOffset: number
  readonly tail: Tail
  readonly indexes: SegmentIndexes
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
  /** The file is there, be it empty. */
  hasFile: boolean
  /** The directory entry of the file survives a power cut. */
  isEntryFlushed: boolean
  /** Its files are renamed or gone; only readers that began before still use it. */
  isRetired = false
  /** How often its end was cut off: what a look began to find out before that is not true any more. */
  cuts = 0
  readonly #shared: Shared
  readonly #file: FileHandle
  readonly #dir: string
  #mark: string
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
    this.indexes = new SegmentIndexes(shared, this, isNew)
    this.hasFile = !isNew
    this.isEntryFlushed = !isNew
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
    this.indexes.note(batch, position, intervalBytes)
    this.firstTimestamp ??= batch.maxTimestamp
    this.nextOffset = batch.nextOffset
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

  // ---- what a start finds

  /** Forgets what is known of the batches, for a scan from the beginning that notes them again. */
  restartBooks(): void {
    this.indexes.restart()
    this.firstTimestamp = null
    this.nextOffset = this.baseOffset
  }

  /** Reads what the indexes do not say of the end of the segment, so that it can take batches again. The position where it ends. */
  async resume(): Promise<number> {
    const { end, nextOffset, firstTimestamp } = await this.indexes.resume()
    this.firstTimestamp = firstTimestamp
    this.endsAt(nextOffset)
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
    const indexes = await this.indexes.truncation()
    indexes.cut(position, offset)
    this.cuts++
    this.firstTimestamp = null
    this.tail.truncate(position)
    this.places.clear()
    this.damages.truncate(position)
    this.#sent = position
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
    this.indexes.leave()
  }

  /** Renames all files by another mark behind their names; readers go on undisturbed. */
  async rename(mark: string): Promise<void> {
    const { disk } = this.#shared
    // The file is open meanwhile, so that nobody tries to open it by a name that is just being changed.
    await this.#file.use(async () => {
      const from = segmentSuffixes.map((suffix) => this.pathOf(suffix))
      this.#mark = mark
      for (const [i, suffix] of segmentSuffixes.entries()) {
        const isThere = suffix !== SUFFIX.transactionIndex || this.indexes.hasTransactionFile
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
