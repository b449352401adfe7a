// Lines of a log beside the output, as Kafka's commands write them where something goes wrong while they go on, or are about to end.

import type { Surroundings } from './command.ts'
import { formatTime } from './local-time.ts'

/** An error of a class of Kafka's; `why` is told in a line of its own. */
export function logError(around: Surroundings, logger: string, message: string, why?: string): void {
  const now = around.clock.now()
  around.complain(`[${formatTime('yyyy-MM-dd HH:mm:ss,SSS', now, around.utcOffsetMs(now))}] ERROR ${message} (${logger})`)
  if (why !== undefined) around.complain(why)
}
