// Everything outside that the house may touch, in one hand.

import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Http } from './http.ts'
import type { Https } from './https.ts'
import type { Logger } from './logger.ts'
import type { Network } from './network.ts'
import type { Offload } from './offload.ts'
import type { Random } from './random.ts'
import type { Vitals } from './vitals.ts'

export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly disk: Disk
  readonly offload: Offload
  readonly logger: Logger
  /** Absent where nobody could ask over HTTP: on simulated machines. */
  readonly http?: Http
  /** Absent where nobody could be asked over HTTP. */
  readonly https?: Https
  readonly vitals?: Vitals
}
