// Brokers that cannot be reached: clients go on trying for a minute, and whoever waits is told what for.

import { defaultPlatform } from '../../client/platform.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Address, Connection, Network } from '../../platform/network.ts'

/** What comes up again within this time is not worth a word. */
const QUIET_MS = 2000

interface Unreachable {
  readonly since: number
  isTold: boolean
}

/** The platform of a client that tells of addresses which it has tried in vain for two seconds, each once until it can be reached again. */
export function tellingPlatform(tell: (line: string) => void) {
  const platform = defaultPlatform()
  return { ...platform, network: tellingNetwork(platform.network, platform.clock, tell) }
}

export function tellingNetwork(network: Network, clock: Pick<Clock, 'monotonic'>, tell: (line: string) => void): Network {
  const away = new Map<string, Unreachable>()
  const watched =
    (connect: Network['connect']): Network['connect'] =>
    async (address, signal): Promise<Connection> => {
      const key = nameOf(address)
      const beganAt = clock.monotonic()
      try {
        const connection = await connect(address, signal)
        away.delete(key)
        return connection
      } catch (thrown) {
        if (signal?.aborted && clock.monotonic() - beganAt < QUIET_MS) throw thrown
        const found = away.get(key) ?? { since: beganAt, isTold: false }
        away.set(key, found)
        if (!found.isTold && clock.monotonic() - found.since >= QUIET_MS) {
          found.isTold = true
          tell(`odradek: ${key} cannot be reached (${reasonOf(thrown)}); trying on, Ctrl-C ends it`)
        }
        throw thrown
      }
    }
  const { secured } = network
  return {
    hostName: network.hostName,
    listen: (address, accept) => network.listen(address, accept),
    connect: watched((address, signal) => network.connect(address, signal)),
    ...(secured && {
      secured: (settings) => {
        const guarded = secured.call(network, settings)
        return { connect: watched((address, signal) => guarded.connect(address, signal)) }
      },
    }),
  }
}

const nameOf = ({ host, port }: Address) => `${host.includes(':') ? `[${host}]` : host}:${port}`
const reasonOf = (thrown: unknown) =>
  (thrown instanceof Error ? thrown.message : String(thrown)).trim().replace(/\s*\n\s*/g, ' ') || 'no answer'
