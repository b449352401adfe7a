// The files of a directory as bytes, to be put on a disk in memory as often as a campaign likes.

import type { Disk } from '../../src/platform/disk.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'

const MIB = 1 << 20

/** Bytes by path; null for a file that is missing in a directory that is there. */
export type Image = ReadonlyMap<string, Uint8Array | null>

export async function imageOf(disk: Disk, dir: string, found = new Map<string, Uint8Array>()): Promise<Map<string, Uint8Array>> {
  for (const { name, isDirectory } of await disk.list(dir)) {
    const path = `${dir}/${name}`
    if (isDirectory) await imageOf(disk, path, found)
    else found.set(path, (await disk.readAtomic(path))!)
  }
  return found
}

/** A disk that holds the image and nothing else. */
export async function diskOf(image: Image): Promise<Disk> {
  const disk = memoryDisk(64 * MIB)
  const dirs = new Set<string>()
  for (const [path, bytes] of image) {
    const dir = path.slice(0, path.lastIndexOf('/'))
    if (!dirs.has(dir)) await disk.mkdir(dir)
    dirs.add(dir)
    if (bytes) await disk.replaceAtomic(path, bytes)
  }
  return disk
}
