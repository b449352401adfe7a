// A small file system of its own: ext4 or tmpfs where mounts are allowed, else a disk in memory. It is always taken away again.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const SIZE_IN_MIB = 64

// A process that is told to stop takes its disks away, too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

export interface SmallDisk {
  readonly kind: 'ext4' | 'tmpfs'
  readonly dir: string
  /** Bytes that are still free. */
  free(): number
  /** Takes it away with all that is on it. */
  remove(): void
}

/** Null where nothing can be mounted here. */
export function smallDisk(kind: 'ext4' | 'tmpfs'): SmallDisk | null {
  const base = mkdtempSync(join(tmpdir(), 'odradek-enospc-'))
  const dir = join(base, 'disk')
  mkdirSync(dir)
  if (!(kind === 'ext4' ? mountExt4(base, dir) : mounts('-t', 'tmpfs', '-o', `size=${SIZE_IN_MIB}m`, 'tmpfs', dir))) {
    rmSync(base, { recursive: true })
    return null
  }
  let isThere = true
  const remove = () => {
    if (!isThere) return
    isThere = false
    process.off('exit', remove)
    if (spawnSync('umount', [dir]).status !== 0) spawnSync('umount', ['--lazy', dir])
    rmSync(base, { recursive: true, force: true })
  }
  process.once('exit', remove)
  return {
    kind,
    dir,
    free: () => {
      const { bavail, bsize } = statfsSync(dir)
      return bavail * bsize
    },
    remove,
  }
}

function mountExt4(base: string, dir: string): boolean {
  const image = join(base, 'image')
  writeFileSync(image, '')
  truncateSync(image, SIZE_IN_MIB << 20)
  // Without blocks that only root may use: this process may be root.
  return spawnSync('mkfs.ext4', ['-q', '-m', '0', '-F', image]).status === 0 && mounts('-o', 'loop', image, dir)
}

function mounts(...args: string[]): boolean {
  return spawnSync('mount', args).status === 0
}
