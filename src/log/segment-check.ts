// Looks at every byte of one segment that lies on disk, a piece at a time, and says what of it is damaged. Behind a damage it looks for the
// next sound batch: one bad batch must not cost those that follow it.

import { MalformedBytes } from '../base/bytes.ts'
import type { Slices } from '../platform/slices.ts'
import { HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'
import { type Expected, faultOf, looksSound } from './batch-check.ts'
import type { Damage } from './damage.ts'
import { isIntact, LARGE } from './large-batch.ts'
import { isLegacyMessage } from './legacy.ts'
import type { Segment } from './segment.ts'

/** How much is looked at in one step, and read at a time; a larger batch is read whole, unless it is very large. */
const PIECE = 256 * 1024
/** The magic byte is asked first, at every place behind a damage. */
const MAGIC_AT = 16

export interface CheckRange extends Expected {
  /** A batch begins here, the first one that is looked at. */
  readonly position: number
  /** Nothing at or behind this position is looked at; a batch ends here. */
  readonly end: number
  /** What was found wrong already with the first batch. */
  readonly fault?: string
}

interface OpenDamage {
  readonly position: number
  readonly startOffset: number
  readonly fault: string
}

export class SegmentCheck {
  readonly #segment: Segment
  readonly #slices: Slices
  readonly #range: CheckRange
  readonly #found: Damage[] = []
  #position: number
  #nextOffset: number
  /** Of the last batch behind which another one came with no lower epoch; the checksum does not cover it. */
  #epoch: number
  /** What was found and did not end yet. */
  #bad: OpenDamage | null = null
  /** Where the framing of a bad batch says that the next one begins: that one needs no further witness. */
  #framedAt = -1
  #bytes: Uint8Array = new Uint8Array(0)
  #bytesAt = 0

  constructor(segment: Segment, slices: Slices, range: CheckRange) {
    this.#segment = segment
    this.#slices = slices
    this.#range = range
    this.#position = range.position
    this.#nextOffset = range.nextOffset
    this.#epoch = range.epoch ?? -1
  }

  /** Every damage that has an end; complete when `isDone`. */
  get found(): readonly Damage[] {
    return this.#found
  }

  get epoch(): number {
    return this.#epoch
  }

  get isDone(): boolean {
    return this.#position >= this.#range.end
  }

  /** Looks at the next piece; how many bytes that were. Throws DiskError, and MalformedBytes where the file is shorter than it was. */
  async step(): Promise<number> {
    const { end, endOffset } = this.#range
    const start = this.#position
    const enough = Math.min(end, start + PIECE)
    while (this.#position < enough) {
      await this.#slices.rest()
      if (end - this.#position < HEADER_SIZE) this.#skipRest()
      else await this.#look()
    }
    if (this.isDone) this.#damageEnds(end, endOffset)
    this.#bytes = new Uint8Array(0)
    return this.#position - start
  }

  get #expected(): Expected {
    return { endOffset: this.#range.endOffset, nextOffset: this.#nextOffset, epoch: this.#epoch }
  }

  #skipRest(): void {
    this.#isBad('the bytes behind the last batch are none')
    this.#position = this.#range.end
  }

  async #look(): Promise<void> {
    const room = this.#range.end - this.#position
    const header = await this.#batchAt(this.#position, HEADER_SIZE)
    if (this.#bad && !looksSound(header, room, this.#expected)) return this.#seek()
    const { sizeInBytes } = header
    if (sizeInBytes < HEADER_SIZE || sizeInBytes > room) return this.#isOff(`its size of ${sizeInBytes} bytes cannot be true`, 0)
    if (this.#range.fault !== undefined && this.#position === this.#range.position)
      return this.#isOff(this.#range.fault, sizeInBytes)
    const { baseOffset, nextOffset } = header
    const isLarge = sizeInBytes > LARGE
    // A witness costs one small read, so a large one is asked for it before all of it is read.
    if (isLarge && !(await this.#hasWitness(header))) return this.#seek()
    const batch = isLarge ? header : await this.#batchAt(this.#position, sizeInBytes)
    const intact = isLarge ? await isIntact(this.#segment, this.#slices, this.#position, header) : undefined
    if (intact === undefined ? isLegacyMessage(batch) : intact && batch.magic < 2) return this.#leaveAlone()
    const fault = faultOf(batch, this.#expected, intact) ?? (await this.#contradiction(batch))
    if (fault !== null) return this.#isOff(fault, sizeInBytes)
    if (!isLarge && !(await this.#hasWitness(batch))) return this.#seek()
    this.#damageEnds(this.#position, baseOffset)
    this.#nextOffset = nextOffset
    this.#position += sizeInBytes
  }

  /** Behind damage, at a place to which no framing led, even a sound batch needs one: it may be what a record holds. */
  async #hasWitness({ sizeInBytes, nextOffset }: RecordBatch): Promise<boolean> {
    return !this.#bad || this.#position === this.#framedAt || this.#isFollowed(sizeInBytes, nextOffset)
  }

  /** What cannot be believed begins here, or goes on. Where its framing leads to another batch, that is looked at next. */
  async #isOff(fault: string, size: number): Promise<void> {
    if (this.#bad) return this.#seek()
    this.#isBad(fault)
    if (size === 0 || !(await this.#isFollowed(size, this.#nextOffset))) return this.#seek()
    this.#position += size
    this.#framedAt = this.#position
  }

  /**
   * What the checksum does not cover, offset and epoch, may have become too large: then the batch behind says so. Asked only where they are
   * not simply those that follow; compaction leaves gaps, so a gap alone is no fault.
   */
  async #contradiction({
    baseOffset,
    nextOffset,
    sizeInBytes,
    partitionLeaderEpoch: epoch,
  }: RecordBatch): Promise<string | null> {
    if (baseOffset === this.#nextOffset && epoch === this.#epoch) return null
    const behind = await this.#behind(sizeInBytes, this.#nextOffset)
    if (behind === null) return null
    // One that follows without a gap ends where it says: its length is under the checksum.
    if (baseOffset !== this.#nextOffset && behind.baseOffset < nextOffset)
      return `its last offset ${nextOffset - 1} comes before ${behind.baseOffset}`
    if (behind.partitionLeaderEpoch < epoch) return `its leader epoch ${epoch} comes before ${behind.partitionLeaderEpoch}`
    this.#epoch = epoch
    return null
  }

  /** Whether something that looks like a batch, or the end, comes `size` bytes from here. */
  async #isFollowed(size: number, nextOffset: number): Promise<boolean> {
    return this.#position + size === this.#range.end || (await this.#behind(size, nextOffset)) !== null
  }

  /** The header `size` bytes from here; null where nothing there looks like one. */
  async #behind(size: number, nextOffset: number): Promise<RecordBatch | null> {
    const position = this.#position + size
    const room = this.#range.end - position
    if (room < HEADER_SIZE) return null
    const header = await this.#batchAt(position, HEADER_SIZE)
    return looksSound(header, room, { ...this.#expected, nextOffset }) ? header : null
  }

  /** To the next place, among the bytes at hand, where a batch could begin. */
  async #seek(): Promise<void> {
    await this.#batchAt(this.#position, HEADER_SIZE)
    const bytes = this.#bytes
    let at = this.#position + 1 - this.#bytesAt
    const enough = Math.min(bytes.length - HEADER_SIZE, at + PIECE)
    for (; at <= enough; at++) {
      if (bytes[at + MAGIC_AT] !== 2) continue
      const room = this.#range.end - this.#bytesAt - at
      if (looksSound(new RecordBatch(bytes, at), room, this.#expected)) break
    }
    this.#position = this.#bytesAt + at
  }

  // Kafka 4 does not serve the formats before 0.11 either; they have other checksums, and are no damage.
  #leaveAlone(): void {
    this.#damageEnds(this.#position, this.#nextOffset)
    this.#position = this.#range.end
  }

  #isBad(fault: string): void {
    this.#bad ??= { position: this.#position, startOffset: this.#nextOffset, fault }
  }

  #damageEnds(endPosition: number, endOffset: number): void {
    if (this.#bad) this.#found.push({ ...this.#bad, endPosition, endOffset })
    this.#bad = null
  }

  /** A view of the batch at `position`, of which `size` bytes are there. */
  async #batchAt(position: number, size: number): Promise<RecordBatch> {
    const at = position - this.#bytesAt
    if (at >= 0 && at + size <= this.#bytes.length) return new RecordBatch(this.#bytes, at)
    const length = Math.min(this.#range.end - position, Math.max(size, PIECE))
    const read = await this.#segment.read(position, position + length)
    try {
      this.#bytes = Buffer.concat(read.views) // a copy: the pool has its buffers back before anybody waits
    } finally {
      read.release()
    }
    this.#bytesAt = position
    if (this.#bytes.length < size) throw new MalformedBytes(`the file ends before position ${position + size}`)
    return new RecordBatch(this.#bytes)
  }
}
