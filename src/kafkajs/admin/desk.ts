// What all calls of the admin client share.

import type { Link } from '../../client/admin/link.ts'
import type { Outcomes } from '../../client/admin/outcomes.ts'
import type { ClientError } from '../../client/errors/index.ts'
import { givenUp } from '../errors/translate.ts'
import { type Retry, told } from '../retry.ts'
import type { Logger } from '../types/index.ts'

export interface Desk {
  readonly link: Link
  readonly retry: Retry
  readonly logger: Logger
}

/** A `timeout` as programs give it. */
export function within(timeout: number | undefined): { timeoutMs?: number } {
  return timeout === undefined || timeout === null ? {} : { timeoutMs: timeout }
}

/** Throws the first thing that went wrong. */
export async function allOf<V>({ retry }: Desk, act: () => Promise<Outcomes<V>>): Promise<ReadonlyMap<string, V>> {
  return told(retry, async () => (await act()).all())
}

/** What went wrong with one of many, as KafkaJS would have thrown it. */
export function errorOf({ retry }: Desk, error: ClientError): Error {
  return givenUp(error, { retryCount: retry.retries, retryTime: retry.initialRetryTime })
}
