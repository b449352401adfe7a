// The disk contract, over the real disk, the one in memory, the simulated one, and that of `odradek/testing`.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import { nodeClock } from '../../src/platform/node/clock.ts'
import { nodeDisk } from '../../src/platform/node/disk.ts'
import { World } from '../../src/platform/sim/world.ts'
import { DiskFaults } from '../../src/testing/disk-faults.ts'
import { Life } from '../../src/testing/life.ts'
import { lifeDisk } from '../../src/testing/life-disk.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { Volume } from '../../src/testing/volume.ts'
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

diskContract({
  name: 'disk of a test',
  make: async () => {
    const clock = new VirtualClock(nodeClock())
    return { disk: lifeDisk(new Volume(1 << 30, '/logs'), new DiskFaults(clock), new Life()), dir: '/logs' }
  },
})

after(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))))
