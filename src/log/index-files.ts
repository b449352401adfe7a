// The two index files of a segment, read back and written whole.

import type { Disk } from '../platform/disk.ts'
import { Books } from './books.ts'
import { OffsetIndex } from './offset-index.ts'
import { type Shared, writeFile } from './shared.ts'
import { DamagedFile } from './text-files.ts'
import { TimeIndex } from './time-index.ts'

export interface IndexPaths {
  readonly offsets: string
  readonly times: string
}

interface Indexed {
  readonly baseOffset: number
  readonly sizeInBytes: number
}

/** Null where a file is missing or cannot be believed: it has to be made again. */
export async function readIndexes({ disk, logger }: Shared, paths: IndexPaths, segment: Indexed): Promise<Books | null> {
  const [offsetBytes, timeBytes] = await Promise.all([disk.readAtomic(paths.offsets), disk.readAtomic(paths.times)])
  try {
    if (!offsetBytes || !timeBytes) throw new DamagedFile(`${offsetBytes ? paths.times : paths.offsets} is missing`)
    const offsets = OffsetIndex.parse(paths.offsets, segment.baseOffset, offsetBytes, segment.sizeInBytes)
    const times = TimeIndex.parse(paths.times, segment.baseOffset, timeBytes)
    if (times.count === 0 && segment.sizeInBytes > 0) throw new DamagedFile(`${paths.times} is empty`) // rightly so where no record has a time
    return Books.fromFiles(offsets, times)
  } catch (thrown) {
    if (!(thrown instanceof DamagedFile)) throw thrown
    logger.warn('an index is made again from its segment', { why: thrown.message })
    return null
  }
}

export async function writeIndexes(disk: Disk, paths: IndexPaths, books: Books, flushed: boolean): Promise<void> {
  await writeFile(disk, paths.offsets, books.offsets.toBytes(), flushed)
  await writeFile(disk, paths.times, books.times.toBytes(), flushed)
}
