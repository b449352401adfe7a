// One run of a broker of a test, and the machine as it sees it. When the run is killed, nothing that it began goes on.

import type { Clock } from '../platform/clock.ts'
import type { Http } from '../platform/http.ts'
import type { Connection, Listener, Network } from '../platform/network.ts'
import type { Vitals } from '../platform/vitals.ts'
import type { Owner, VirtualClock } from './virtual-clock.ts'

export class Life implements Owner {
  /** Of others to this broker, in the order in which they came. */
  readonly accepted = new Set<Connection>()
  readonly #endings = new Set<() => unknown>()
  isOver = false
  /** Resolves when the system has taken back what a run had that has ended. */
  ended: Promise<unknown> = Promise.resolve()

  /** Runs when this run ends; what it gives back takes that back. */
  onEnd(run: () => unknown): () => void {
    this.#endings.add(run)
    return () => void this.#endings.delete(run)
  }

  /** Ends at once: connections are cut, timers do not fire, and the disk answers no more. */
  end(): Promise<unknown> {
    if (this.isOver) return this.ended
    this.isOver = true
    this.ended = Promise.all([...this.#endings].map(async (run) => run()))
    this.#endings.clear()
    this.accepted.clear()
    return this.ended
  }

  /** What is never answered, because who asked is no more. */
  static readonly never: Promise<never> = new Promise(() => {})
}

export function lifeClock(clock: VirtualClock, life: Life): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms, run) => clock.afterFor(life, ms, run),
    soon: (run) =>
      clock.soon(() => {
        if (!life.isOver) run()
      }),
  }
}

export function lifeNetwork(network: Network, life: Life): Network {
  const keep = (connection: Connection) => connection.onClose(life.onEnd(() => closed(connection)))
  const keepListener = (listener: Listener): Listener => {
    const forget = life.onEnd(() => listener.close())
    return {
      address: listener.address,
      close: () => {
        forget()
        return listener.close()
      },
    }
  }
  return {
    hostName: network.hostName,
    async listen(address, accept) {
      if (life.isOver) return Life.never
      const listener = await network.listen(address, (connection) => {
        if (life.isOver) return connection.close()
        keep(connection)
        life.accepted.add(connection)
        connection.onClose(() => life.accepted.delete(connection))
        accept(connection)
      })
      if (life.isOver) {
        await listener.close()
        return Life.never
      }
      return keepListener(listener)
    },
    async connect(address, signal) {
      if (life.isOver) return Life.never
      const gone = new AbortController()
      const forget = life.onEnd(() => gone.abort(new Error('the broker is over')))
      try {
        const signals = signal ? [signal, gone.signal] : [gone.signal]
        const connection = await network.connect(address, AbortSignal.any(signals))
        if (life.isOver) {
          await closed(connection)
          return Life.never
        }
        keep(connection)
        return connection
      } catch (thrown) {
        if (life.isOver) return Life.never
        throw thrown
      } finally {
        forget()
      }
    },
  }
}

function closed(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    connection.onClose(() => resolve())
    connection.close()
  })
}

export function lifeHttp(http: Http, life: Life): Http {
  return {
    async listen(options) {
      if (life.isOver) return Life.never
      const listener = await http.listen(options)
      if (life.isOver) {
        await listener.close()
        return Life.never
      }
      const forget = life.onEnd(() => listener.close())
      return {
        address: listener.address,
        close: () => {
          forget()
          return listener.close()
        },
      }
    },
  }
}

export function lifeVitals(vitals: Vitals, life: Life): Vitals {
  return {
    read: () => vitals.read(),
    watch: () => {
      const unwatch = vitals.watch()
      const forget = life.onEnd(unwatch)
      return () => {
        forget()
        unwatch()
      }
    },
  }
}
