// The file `flushed-offset` beside the metadata log: up to where its records were on the device, hence committed by their only voter. A start
// tells by it what is damaged from what was never wholly written.
//
// Two lines of an offset and its CRC-32C, and the larger one counts: the first is written anew, on the device, by every start; the second in place,
// unflushed, behind every commit. So it is exact after a crash of the process, and after a power cut it may say less, but never too much.

import { crc32c } from '../base/crc32c.ts'
import type { Disk } from '../platform/disk.ts'
import { readText } from './text-files.ts'

export const FLUSHED_OFFSET = 'flushed-offset'

const DIGITS = 20
const LINE = /^(\d{20}) ([0-9a-f]{8})$/
/** Also those that were put aside for their damage: their names are true. */
const SNAPSHOT = /^(\d{20})-\d{10}\.checkpoint/
const UNFINISHED = '.part'

/** What `flushed-offset` in `dir` says; 0 where it is missing or says nothing that can be believed. */
export async function readFlushedOffset(disk: Disk, dir: string): Promise<number> {
  const text = (await readText(disk, pathIn(dir))) ?? ''
  return Math.max(0, ...text.split('\n').map(offsetIn))
}

function offsetIn(line: string): number {
  const [, offset, checksum] = LINE.exec(line) ?? []
  return offset !== undefined && checksumOf(offset) === checksum ? Number(offset) : 0
}

/** Up to where the metadata log in `dir`, which has files of these names, was on the device for sure. */
export async function metadataFlushedTo(disk: Disk, dir: string, names: Iterable<string>): Promise<number> {
  let flushed = await readFlushedOffset(disk, dir)
  for (const name of names) {
    const match = name.endsWith(UNFINISHED) ? null : SNAPSHOT.exec(name)
    if (match) flushed = Math.max(flushed, Number(match[1])) // a snapshot holds only what was committed
  }
  return flushed
}

/** Writes the file; only ever told of what the device has. */
export class FlushedOffset {
  readonly #disk: Disk
  readonly #path: string
  readonly #onFailure: (thrown: unknown) => void
  #wanted: number
  #isWriting = false
  #writing: Promise<void> = Promise.resolve()

  /** Resolves when the file says `offset`, also after a power cut. `onFailure` is told where the file falls behind. */
  static async begin(disk: Disk, dir: string, offset: number, onFailure: (thrown: unknown) => void): Promise<FlushedOffset> {
    await disk.replaceAtomic(pathIn(dir), Buffer.from(lineOf(offset) + lineOf(offset)))
    return new FlushedOffset(disk, pathIn(dir), offset, onFailure)
  }

  private constructor(disk: Disk, path: string, offset: number, onFailure: (thrown: unknown) => void) {
    this.#disk = disk
    this.#path = path
    this.#wanted = offset
    this.#onFailure = onFailure
  }

  /** The file says so soon; of several calls while it is being written, the last one counts. */
  moveTo(offset: number): void {
    this.#wanted = offset
    if (this.#isWriting) return
    this.#isWriting = true
    this.#writing = this.#write().catch((thrown: unknown) => this.#onFailure(thrown)) // what it said before stays true; nothing is written any more
  }

  /** What the file says at the latest, once it was written. */
  get offset(): number {
    return this.#wanted
  }

  /**
   * The log is about to be cut there, or to begin there: the file may say more no longer. Resolves when it says `offset`, also after a power cut.
   * Rejects with the DiskError where that cannot be made sure.
   */
  async cutTo(offset: number): Promise<void> {
    this.#wanted = offset
    await this.#writing // it holds the old file, and would write into one that nobody reads
    await this.#disk.replaceAtomic(this.#path, Buffer.from(lineOf(offset) + lineOf(offset)))
  }

  async #write(): Promise<void> {
    for (let written = -1; written !== this.#wanted; ) {
      written = this.#wanted
      const file = await this.#disk.open(this.#path, 'never')
      try {
        await file.write(lineOf(written).length, Buffer.from(lineOf(written)))
      } finally {
        await file.close()
      }
    }
    this.#isWriting = false
  }
}

function pathIn(dir: string): string {
  return `${dir}/${FLUSHED_OFFSET}`
}

function lineOf(offset: number): string {
  const digits = String(offset).padStart(DIGITS, '0')
  return `${digits} ${checksumOf(digits)}\n`
}

function checksumOf(digits: string): string {
  return crc32c(Buffer.from(digits)).toString(16).padStart(8, '0')
}
