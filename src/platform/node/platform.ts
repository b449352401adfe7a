// The real machine in one hand.

import type { Level, Logger } from '../logger.ts'
import type { Platform } from '../platform.ts'
import { nodeClock } from './clock.ts'
import { nodeDisk } from './disk.ts'
import { nodeHttpServer } from './http.ts'
import { nodeHttpsClient } from './https.ts'
import { nodeLogger } from './logger.ts'
import { nodeNetwork } from './network.ts'
import { nodeOffload } from './offload.ts'
import { nodeRandom } from './random.ts'
import { nodeVitals } from './vitals.ts'

export interface NodePlatformOptions {
  /** What the log says at least; `logger` takes its place. */
  readonly level?: Level
  readonly logger?: Logger
}

export function nodePlatform({ level = 'info', logger = nodeLogger(level) }: NodePlatformOptions = {}): Platform {
  return {
    clock: nodeClock(),
    random: nodeRandom(),
    disk: nodeDisk(),
    network: nodeNetwork({ logger }),
    offload: nodeOffload(),
    logger,
    http: nodeHttpServer(),
    https: nodeHttpsClient(),
    vitals: nodeVitals(),
  }
}
