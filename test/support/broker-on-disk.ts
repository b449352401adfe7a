// A broker over a disk (and a clock, or a network) of the test's making.

import type { TestContext } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Clock, Timer } from '../../src/platform/clock.ts'
import type { Disk } from '../../src/platform/disk.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import { nodePlatform } from '../../src/platform/node/platform.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { atEnd } from './running-broker.ts'

/** A broker that is closed when the test is over; what goes wrong then is the test's own business. */
export async function brokerOn(
  t: TestContext,
  disk: Disk,
  config: Readonly<Record<string, string>>,
  parts: Partial<Platform> = {},
): Promise<Broker> {
  const overrides = new Map([['listeners', 'PLAINTEXT://localhost:0'], ...Object.entries(config)])
  const loaded = loadConfig({ profile: 'library', overrides })
  const broker = await Broker.start(loaded, { ...nodePlatform({ logger: silentLogger }), disk, ...parts })
  atEnd(t, () => broker.close().catch(() => {}))
  return broker
}

/** The real clock, counting the timers that are still to come. */
export class CountingClock implements Clock {
  readonly #clock: Clock
  readonly #pending = new Set<object>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get pending(): number {
    return this.#pending.size
  }

  now = () => this.#clock.now()
  monotonic = () => this.#clock.monotonic()
  soon = (run: () => void) => this.#clock.soon(run)

  after(ms: number, run: () => void): Timer {
    const mark = {}
    this.#pending.add(mark)
    const timer = this.#clock.after(ms, () => {
      this.#pending.delete(mark)
      run()
    })
    return {
      cancel: () => {
        this.#pending.delete(mark)
        timer.cancel()
      },
    }
  }
}
