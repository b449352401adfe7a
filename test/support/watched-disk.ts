// A disk that tells what is read from it.

import type { Disk, File } from '../../src/platform/disk.ts'

/** Passes everything on, and tells how much was read at once of what ends with `suffix`. */
export function watched(disk: Disk, suffix: string, onRead: (length: number) => void): Disk {
  const over = <T extends object>(target: T, changes: Partial<T>): T =>
    new Proxy(target, {
      get: (_, name) => {
        const changed: unknown = changes[name as keyof T]
        if (changed !== undefined) return changed
        const value: unknown = target[name as keyof T]
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  return over(disk, {
    open: async (path, how) => {
      const file = await disk.open(path, how)
      if (!path.endsWith(suffix)) return file
      const read: File['read'] = (position, length) => {
        onRead(length)
        return file.read(position, length)
      }
      return over(file, { read })
    },
  })
}
