// A disk where every call takes a turn of the event loop, so that anything may come between two of them, and which counts its open files.

import type { Disk, File } from '../../src/platform/disk.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'

export interface SlowDisk {
  readonly disk: Disk
  /** Paths of the files that are open, once per descriptor. */
  readonly open: string[]
}

const turn = () => new Promise(setImmediate)

export function slowDisk(below: Disk = memoryDisk(1 << 26)): SlowDisk {
  const open: string[] = []
  const disk = slowed(below) as Disk
  disk.open = async (path, create) => {
    await turn()
    const file = await below.open(path, create)
    open.push(path)
    return slowFile(file, () => open.splice(open.indexOf(path), 1))
  }
  return { disk, open }
}

function slowFile(file: File, onClose: () => void): File {
  const slow = slowed(file)
  slow.close = async () => {
    await turn()
    onClose()
    await file.close()
  }
  return slow
}

/** Calls of `target` that come a turn later; what is no call stays as it is. */
function slowed<T extends object>(target: T): T {
  const changed = new Map<PropertyKey, unknown>()
  return new Proxy(target, {
    get(_, name) {
      if (changed.has(name)) return changed.get(name)
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        await turn()
        return Reflect.apply(value, target, args)
      }
    },
    set: (_, name, value) => changed.set(name, value) !== undefined,
  })
}
