// Directories that outlive a power cut.

import type { Disk } from '../platform/disk.ts'

/** Makes a directory that outlives a power cut: whatever was missing on its way is entered in its parent on the device. */
export async function makeDurable(disk: Disk, path: string): Promise<void> {
  const missing: string[] = []
  for (let at = path; at !== '.' && at !== '/' && !(await disk.exists(at)); at = parentOf(at)) missing.push(at)
  await disk.mkdir(path)
  for (const made of missing) await disk.flushDirectory(parentOf(made))
}

function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at < 0 ? '.' : path.slice(0, at) || '/'
}
