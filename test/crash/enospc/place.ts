// Where a broker runs that shall meet a full disk, and how the disk gets full without its doing.

import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Broker } from '../../../src/broker/broker.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { Disk } from '../../../src/platform/disk.ts'
import type { Logger } from '../../../src/platform/logger.ts'
import { memoryDisk } from '../../../src/platform/memory/disk.ts'
import { nodePlatform } from '../../../src/platform/node/platform.ts'
import { SIZE_IN_MIB, type SmallDisk, smallDisk } from './small-disk.ts'

const MIB = 1 << 20

export interface Place {
  readonly kind: string
  start(logger: Logger): Promise<Broker>
  /** Somebody else writes until only so many bytes are free. */
  crowd(left: number): Promise<void>
  /** Somebody else's files are gone. */
  clear(): Promise<void>
  remove(): void
}

const CONFIG = {
  'offsets.topic.num.partitions': '2',
  'log.segment.delete.delay.ms': '0',
  'log.cleaner.backoff.ms': '100',
  'log.retention.check.interval.ms': '300',
  'log.initial.task.delay.ms': '100',
}

async function startOn(dir: string, logger: Logger, disk?: Disk): Promise<Broker> {
  const overrides = new Map([['listeners', 'PLAINTEXT://127.0.0.1:0'], ['log.dirs', dir], ...Object.entries(CONFIG)])
  const platform = nodePlatform({ logger })
  return Broker.start(loadConfig({ profile: 'library', overrides }), disk ? { ...platform, disk } : platform)
}

/** On a file system of its own; null where none can be mounted. */
export function realPlace(kind: 'ext4' | 'tmpfs'): Place | null {
  const disk = smallDisk(kind)
  return disk && onDisk(disk)
}

function onDisk(disk: SmallDisk): Place {
  const ballast = join(disk.dir, 'ballast')
  return {
    kind: disk.kind,
    start: (logger) => startOn(join(disk.dir, 'data'), logger),
    async crowd(left) {
      const file = openSync(ballast, 'a')
      try {
        const piece = Buffer.alloc(64 * 1024, 1)
        while (disk.free() > left + piece.length) writeSync(file, piece)
      } finally {
        closeSync(file)
      }
    },
    clear: async () => rmSync(ballast, { force: true }),
    remove: () => disk.remove(),
  }
}

/** Through the seam of the disk: in memory, with the same bound. */
export function memoryPlace(): Place {
  const disk = memoryDisk(SIZE_IN_MIB * MIB)
  return {
    kind: 'the disk seam',
    start: (logger) => startOn('/data', logger, disk),
    async crowd(left) {
      const { usable } = await disk.space('/')
      await disk.replaceAtomic('/ballast', Buffer.alloc(Math.max(0, usable - left)))
    },
    clear: () => disk.remove('/ballast'),
    remove() {},
  }
}
