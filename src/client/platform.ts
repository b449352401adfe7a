// The machine that a client runs on where it is not told another one.

import { silentLogger } from '../platform/logger.ts'
import { nodeClock } from '../platform/node/clock.ts'
import { nodePlatform } from '../platform/node/platform.ts'
import type { ClientPlatform } from './cluster/cluster.ts'

let shared: ClientPlatform | null = null

/** The real one, which all clients of a process share. Their waits keep the process alive: between two attempts to connect nothing else would. */
export function defaultPlatform(): ClientPlatform {
  shared ??= { ...nodePlatform({ logger: silentLogger }), clock: nodeClock({ keepsAlive: true }) }
  return shared
}
