// The logs that lie in a directory.

import type { Log } from './log.ts'

export class DirLogs {
  /** By the name of their directory, such as `orders-0`. */
  readonly inUse = new Map<string, Log>()
  /** Copies of logs that lie in another directory, on their way here (KIP-113), by the names that they will have. */
  readonly futures = new Map<string, Log>()

  // A partition has one of both here, so a checkpoint has one line for it.
  get all(): Log[] {
    return [...this.inUse.values(), ...this.futures.values()]
  }

  has(name: string): boolean {
    return this.inUse.has(name) || this.futures.has(name)
  }

  /** Forgets it; false where it is not here. */
  remove(name: string, log: Log): boolean {
    const holder = [this.inUse, this.futures].find((logs) => logs.get(name) === log)
    return holder?.delete(name) ?? false
  }
}
