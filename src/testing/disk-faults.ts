// What goes wrong with the disks of a test.

import type { Clock } from '../platform/clock.ts'
import { DiskError } from '../platform/disk.ts'
import type { PlannedFault } from './fault.ts'
import type { DiskScope, SlowDiskOptions } from './faults.ts'

interface SlowDisk extends Pick<SlowDiskOptions, 'topic' | 'only'> {
  readonly fault: PlannedFault
  readonly ms: number
}

interface FailingFlush extends DiskScope {
  readonly fault: PlannedFault
}

/** Of one broker's disk; asked before each call. */
export class DiskFaults {
  readonly #clock: Clock
  #slow: SlowDisk[] = []
  #failing: FailingFlush[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  slow(slow: SlowDisk): void {
    this.#slow.push(slow)
  }

  failFlush(failing: FailingFlush): void {
    this.#failing.push(failing)
  }

  forget(fault: PlannedFault): void {
    this.#slow = this.#slow.filter((each) => each.fault !== fault)
    this.#failing = this.#failing.filter((each) => each.fault !== fault)
  }

  /** What a write or a flush of that file waits for, or until it is undone; nothing, while the disk is as it should be. */
  delay(path: string, call: 'write' | 'fsync'): Promise<void> | undefined {
    const found = this.#slow.filter((each) => (each.only ?? call) === call && isAbout(each, path))
    if (found.length === 0) return undefined
    for (const { fault } of found) fault.strike()
    return Promise.all(found.map((each) => this.#wait(each))).then(() => {})
  }

  async #wait({ ms, fault }: SlowDisk): Promise<void> {
    let wake = () => {}
    const passed = new Promise<void>((resolve) => (wake = resolve))
    const timer = this.#clock.after(ms, wake)
    await Promise.race([passed, fault.over.promise])
    timer.cancel()
  }

  /** Throws where a flush of that file is to fail. */
  flush(path: string): void {
    const found = this.#failing.find((each) => each.fault.isDue && isAbout(each, path))
    if (!found) return
    found.fault.strike()
    throw new DiskError(path, 'EIO', `${path}: a test lets this fsync fail (EIO)`)
  }
}

const METADATA_TOPIC = '__cluster_metadata'

function isAbout({ topic }: DiskScope, path: string): boolean {
  const directory = path.split('/').at(-2) ?? ''
  const found = /^(.+)-\d+$/.exec(directory)?.[1]
  return found !== undefined && found !== METADATA_TOPIC && (topic === undefined || topic === found)
}
