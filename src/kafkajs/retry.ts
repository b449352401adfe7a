// The option `retry`: how often something is tried again, and with which pauses.

import type { RetryOptions as ClusterRetry } from '../client/cluster/cluster.ts'
import { backoffMs } from '../client/patience.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { KafkaJSNonRetriableError } from './errors/classes.ts'
import { givenUp } from './errors/translate.ts'
import type { RetryOptions } from './types/index.ts'

const MAX_INT = 2 ** 31 - 1

export interface Retry extends Required<Omit<RetryOptions, 'restartOnFailure'>> {
  readonly restartOnFailure?: ((e: Error) => Promise<boolean>) | undefined
}

const defaults: Retry = { maxRetryTime: 30_000, initialRetryTime: 300, factor: 0.2, multiplier: 2, retries: 5 }

/** What is given, the later ones first; what is left out has its default. Throws a KafkaJSNonRetriableError for what makes no sense. */
export function retryOf(...given: readonly (RetryOptions | undefined)[]): Retry {
  const merged: Retry = Object.assign({}, defaults, ...given.map(withoutUndefined))
  for (const name of ['maxRetryTime', 'initialRetryTime', 'factor', 'multiplier', 'retries'] as const) {
    if (typeof merged[name] !== 'number' || !(merged[name] >= 0))
      throw new KafkaJSNonRetriableError(`retry.${name}=${merged[name]} is not valid; allowed: a number of at least 0`)
  }
  return merged
}

function withoutUndefined(given: RetryOptions | undefined): object {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined))
}

/** As a cluster takes it. */
export function clusterRetry({ retries, multiplier, factor }: Retry): ClusterRetry {
  return { limit: retries, multiplier, spread: Math.min(1, factor) }
}

/** Milliseconds of all pauses together, at most. */
export function pausesMs({ retries, initialRetryTime, maxRetryTime, multiplier, factor }: Retry): number {
  let total = 0
  for (let attempt = 0; attempt < Math.min(retries, 1000) && total < MAX_INT; attempt++) {
    total += Math.min(initialRetryTime * multiplier ** attempt, maxRetryTime) * (1 + factor)
  }
  return Math.min(MAX_INT, Math.ceil(total))
}

/** The pause before repetition number `attempt`, from 0. */
export function pauseMs(retry: Retry, attempt: number, random: Random): number {
  const { initialRetryTime: initialMs, maxRetryTime: maxMs, multiplier, factor } = retry
  return backoffMs({ initialMs, maxMs, multiplier, spread: Math.min(1, factor) }, attempt, random)
}

/** What `act` gives; what it throws, as KafkaJS would have thrown it when it had been tried as often as allowed. */
export async function told<T>(retry: Retry, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (thrown) {
    throw givenUp(thrown, { retryCount: retry.retries, retryTime: lastPauseMs(retry) })
  }
}

function lastPauseMs({ retries, initialRetryTime, maxRetryTime, multiplier }: Retry): number {
  return Math.min(initialRetryTime * multiplier ** Math.max(0, Math.min(retries, 1000)), maxRetryTime)
}

/** Resolves after so many milliseconds. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resume) => void clock.after(ms, resume))
}
