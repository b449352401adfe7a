// What a replica is about to cut off because of damage is kept: should others have lost the same records, these bytes are all there is.

import type { Disk } from '../platform/disk.ts'

const SEGMENT = /^(\d{20})\.log$/
const COPY_BYTES = 1 << 20

/** Copies every segment that reaches behind `offset` to a file beside it that nobody reads, and that may be removed; what was kept before stays. */
export async function keepAside(disk: Disk, dir: string, offset: number): Promise<void> {
  const segments = (await disk.list(dir)).flatMap(({ name }) => {
    const match = SEGMENT.exec(name)
    return match ? [{ name, baseOffset: Number(match[1]) }] : []
  })
  for (const [i, { name }] of segments.entries()) {
    const next = segments[i + 1]
    if (next && next.baseOffset <= offset) continue
    await copy(disk, `${dir}/${name}`, `${dir}/${name}.${offset}.cut`)
  }
  await disk.flushDirectory(dir)
}

async function copy(disk: Disk, from: string, to: string): Promise<void> {
  if (await disk.exists(to)) return
  const source = await disk.open(from, 'never')
  try {
    const copied = await disk.open(`${to}.part`, 'ifMissing')
    try {
      await copied.truncate(0)
      for (let at = 0; at < source.size; at += COPY_BYTES) {
        const read = await source.read(at, COPY_BYTES)
        try {
          await copied.append(read.views)
        } finally {
          read.release()
        }
      }
      await copied.flush()
    } finally {
      await copied.close()
    }
  } finally {
    await source.close()
  }
  await disk.rename(`${to}.part`, to)
}
