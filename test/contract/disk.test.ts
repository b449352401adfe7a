// The disk contract, over the real disk, the one in memory and the simulated one.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import { nodeDisk } from '../../src/platform/node/disk.ts'
import { World } from '../../src/platform/sim/world.ts'
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

diskContract({
  name: 'simulated disk',
  make: async () => {
    const world = new World({ seed: 1, turn: () => new Promise(setImmediate) })
    world.events.runFree()
    const { disk } = world.machine('one').start().platform
    await disk.mkdir('/logs')
    return { disk, dir: '/logs' }
  },
})

after(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))))
