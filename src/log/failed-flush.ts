// What a flush that failed leaves behind. The system may have forgotten the bytes that it could not write: it goes on giving them to readers,
// and says to the next flush, by the next process too, that all is on the device. So what such a device holds behind the recovery point is
// written once more before it is believed.

import type { Disk } from '../platform/disk.ts'
import { parseOffsetFile, SUFFIX } from './file-names.ts'

const MARKER = '.odradek_flush_failed'
const PIECE = 1024 * 1024

/** Leaves word for the next process. Not flushed: after a power cut there is nothing left in the system's memory to be wrong. */
export async function noteFailedFlush(disk: Disk, dir: string): Promise<void> {
  const file = await disk.open(`${dir}/${MARKER}`)
  await file.close()
}

/** Whether a process before this one met a disk that failed. */
export function hadFailedFlush(disk: Disk, dir: string): Promise<boolean> {
  return disk.exists(`${dir}/${MARKER}`)
}

/** Everything is on the device again. */
export function forgetFailedFlush(disk: Disk, dir: string): Promise<void> {
  return disk.remove(`${dir}/${MARKER}`)
}

/** Writes the segments of one log that reach behind `recoveryPoint` again as they are, and flushes them. */
export async function writeAgain(disk: Disk, dir: string, recoveryPoint: number): Promise<void> {
  const names = (await disk.list(dir)).map(({ name }) => name)
  const segments = names.flatMap((name) => {
    const parsed = parseOffsetFile(name)
    return parsed?.suffix === SUFFIX.log && parsed.mark === '' ? [{ name, baseOffset: parsed.offset }] : []
  })
  for (const [i, { name }] of segments.entries()) {
    const next = segments[i + 1]
    if (!next || next.baseOffset > recoveryPoint) await writeFileAgain(disk, `${dir}/${name}`)
  }
}

async function writeFileAgain(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, 'never')
  try {
    for (let at = 0; at < file.size; ) {
      const read = await file.read(at, PIECE)
      const bytes = Buffer.concat(read.views)
      read.release()
      await file.write(at, bytes)
      at += bytes.length
    }
    if (file.size > 0) await file.flush()
  } finally {
    await file.close()
  }
}
