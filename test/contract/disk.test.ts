// The disk contract, over the real disk and the one in memory.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import { nodeDisk } from '../../src/platform/node/disk.ts'
import { diskContract } from './disk.ts'

const made: string[] = []

diskContract({
  name: 'real disk',
  make: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'odradek-disk-'))
    made.push(dir)
    return { disk: nodeDisk(), dir }
  },
})

diskContract({
  name: 'disk in memory',
  make: async () => {
    const disk = memoryDisk(1 << 30)
    await disk.mkdir('/logs')
    return { disk, dir: '/logs' }
  },
})

after(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))))
