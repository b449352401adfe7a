// The batches of a segment's file, read in pieces: a segment may be larger than the memory.

import type { Disk, File } from '../../../platform/disk.ts'
import { ready } from '../../../protocol/compression/index.ts'
import { AT, LOG_OVERHEAD, RecordBatch, SMALLEST_LENGTH } from '../../../protocol/records/batch.ts'
import { readInt32 } from '../../../protocol/records/fields.ts'
import { Failure } from '../failure.ts'

const PIECE = 4 * 1024 * 1024

export class SegmentBytes {
  readonly path: string
  readonly #file: File

  private constructor(file: File) {
    this.path = file.path
    this.#file = file
  }

  static async open(disk: Disk, path: string): Promise<SegmentBytes> {
    return new SegmentBytes(await disk.open(path, 'never'))
  }

  get size(): number {
    return this.#file.size
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** The batches that lie whole between `from` and `end`, with their positions. Each is good until the next one is asked for. */
  async *batches(from: number, end = this.size): AsyncGenerator<{ batch: RecordBatch; position: number }, void, undefined> {
    const limit = Math.min(end, this.size)
    let position = from
    let piece: Uint8Array = new Uint8Array(0)
    let pieceAt = from
    for (;;) {
      const left = limit - position
      if (left < LOG_OVERHEAD + SMALLEST_LENGTH) return
      let at = position - pieceAt
      if (piece.length - at < LOG_OVERHEAD + SMALLEST_LENGTH) {
        ;[piece, pieceAt, at] = [await this.#read(position, Math.min(left, PIECE)), position, 0]
      }
      const size = readInt32(piece, at + AT.length) + LOG_OVERHEAD
      if (size < LOG_OVERHEAD + SMALLEST_LENGTH) {
        throw new Failure(
          `Found record size ${size - LOG_OVERHEAD} smaller than minimum record overhead (${SMALLEST_LENGTH}) in file ${this.path}.`,
        )
      }
      if (size > left) return
      if (piece.length - at < size) {
        ;[piece, pieceAt, at] = [await this.#read(position, Math.min(left, Math.max(size, PIECE))), position, 0]
      }
      const batch = new RecordBatch(piece, at)
      if (!batch.isLegacy && batch.compression === 'zstd') await ready()
      yield { batch, position }
      position += size
    }
  }

  /** A copy: what the disk gives goes back to its pool. */
  async #read(at: number, length: number): Promise<Uint8Array> {
    const read = await this.#file.read(at, length)
    try {
      return Buffer.concat(read.views)
    } finally {
      read.release()
    }
  }
}
