// Changes that a broker puts off because the quota for them is used up (KIP-599): asked for again, those alone, until the time is over.

import type { Patience } from '../patience.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import type { Outcomes } from './outcomes.ts'

export interface ChangeOptions extends CallOptions {
  /** Checks only, and changes nothing. */
  readonly validateOnly?: boolean | undefined
  /** Whether what the quota puts off is asked for again; without, it fails with THROTTLING_QUOTA_EXCEEDED. Default: true. */
  readonly retryOnQuotaViolation?: boolean | undefined
}

/** What `ask` gives of all things, and where it was put off what it gives when it is asked again. */
export async function untilAllowed<T, V>(
  link: Link,
  things: readonly T[],
  keyOf: (thing: T) => string,
  patience: Patience,
  ask: (some: readonly T[]) => Promise<Outcomes<V>>,
): Promise<Outcomes<V>> {
  const outcomes = await ask(things)
  for (let round = 0; ; round++) {
    const late = things.filter((thing) => outcomes.errors.get(keyOf(thing))?.code === 'THROTTLING_QUOTA_EXCEEDED')
    const pauseMs = link.cluster.retries.pauseMs(round)
    if (late.length === 0 || patience.leftMs <= pauseMs) return outcomes
    try {
      await patience.sleep(pauseMs)
      // The connection waits for as long as the broker has asked for.
      const again = await ask(late)
      for (const [key, value] of again.values) outcomes.succeeded(key, value)
      for (const [key, error] of again.errors) outcomes.failed(key, error)
    } catch (thrown) {
      // What was done before stays told; where only the time was over, the quota is why.
      if (patience.leftMs > 0) for (const thing of late) outcomes.failed(keyOf(thing), clientErrorOf(thrown))
      return outcomes
    }
  }
}
