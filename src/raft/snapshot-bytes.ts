// Snapshots as bytes that go from one replica to another: read in pieces, and put together again under a name that no start believes before it is whole.

import { type Disk, DiskError, type File } from '../platform/disk.ts'
import type { SnapshotPiece } from './quorum/events.ts'
import { DamagedSnapshot, readSnapshot, type SnapshotId, snapshotName } from './snapshot.ts'

/** Bytes from `position` on; null where the file is not there any more. */
export async function readSnapshotBytes(
  disk: Disk,
  dir: string,
  id: SnapshotId,
  position: number,
  maxBytes: number,
): Promise<{ readonly sizeInBytes: number; readonly bytes: Uint8Array } | null> {
  const file = await openIfThere(disk, `${dir}/${snapshotName(id)}`)
  if (!file) return null
  try {
    const { size: sizeInBytes } = file
    if (position < 0 || position >= sizeInBytes) return { sizeInBytes, bytes: new Uint8Array(0) }
    const read = await file.read(position, Math.min(maxBytes, sizeInBytes - position))
    const bytes = Buffer.concat(read.views)
    read.release()
    return { sizeInBytes, bytes }
  } finally {
    await file.close()
  }
}

async function openIfThere(disk: Disk, path: string): Promise<File | null> {
  try {
    return await disk.open(path, 'never')
  } catch (thrown) {
    if (thrown instanceof DiskError && thrown.code === 'ENOENT') return null
    throw thrown
  }
}

/** A snapshot on its way from the leader. */
export class SnapshotDownload {
  readonly #disk: Disk
  readonly #dir: string
  #file: File | null = null
  #path = ''
  /** What is under way. */
  #work: Promise<unknown> = Promise.resolve()

  constructor(disk: Disk, dir: string) {
    this.#disk = disk
    this.#dir = dir
  }

  /**
   * Adds a piece; the first one begins anew. True once the snapshot is whole, on the device and under its own name. Throws DamagedSnapshot, with nothing
   * left of it, where what came is none.
   */
  add(piece: SnapshotPiece): Promise<boolean> {
    const adding = this.#add(piece)
    this.#work = adding.catch(() => {}) // its caller is told
    return adding
  }

  async #add({ id, position, sizeInBytes, bytes }: SnapshotPiece): Promise<boolean> {
    const path = `${this.#dir}/${snapshotName(id)}`
    if (position === 0) await this.#begin(`${path}.part`)
    const file = this.#file
    if (!file || file.size !== position)
      throw new DamagedSnapshot(`a piece of ${path} at ${position} does not follow the one before`)
    await file.append([bytes])
    if (file.size < sizeInBytes) return false
    await file.flush()
    await this.#close()
    await this.#verify()
    await this.#disk.rename(this.#path, path)
    await this.#disk.flushDirectory(this.#dir)
    return true
  }

  /** To be called when nothing is added any more: the file of an unfinished one is held open no longer. The next start removes it. */
  async end(): Promise<void> {
    await this.#work
    await this.#close()
  }

  async #begin(path: string): Promise<void> {
    await this.#close()
    this.#path = path
    await this.#disk.remove(path)
    this.#file = await this.#disk.open(path, 'exclusive')
  }

  async #verify(): Promise<void> {
    try {
      const batches = readSnapshot(this.#disk, this.#path)
      while (!(await batches.next()).done);
    } catch (thrown) {
      await this.#disk.remove(this.#path)
      throw thrown
    }
  }

  async #close(): Promise<void> {
    await this.#file?.close()
    this.#file = null
  }
}
