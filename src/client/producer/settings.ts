// A producer's options, together: which of them fit each other, and what follows from those that were left out.

import { type ProducerOptions, producerOptions } from '../../config/client/producer.ts'
import { OptionError } from '../errors/index.ts'
import { type Given, resolveOptions } from '../options/resolve.ts'

/** At most so many requests keep their order when they are sent again: brokers remember that many batches of a producer. */
const MAX_IN_FLIGHT_IN_ORDER = 5

export interface ProducerSettings extends Omit<ProducerOptions, 'acks'> {
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  /** `lingerMs` was left out: a batch that nothing is ahead of need not wait. */
  readonly isEager: boolean
}

/** Throws an OptionError that names the option, or those that do not fit together. */
export function producerSettings(given: object, others: readonly string[]): ProducerSettings {
  const options = resolveOptions(producerOptions, given, others)
  const isGiven = (name: keyof Given<typeof producerOptions>) => (given as Given<typeof producerOptions>)[name] !== undefined
  const acks = options.acks === 'all' ? -1 : (Number(options.acks) as -1 | 0 | 1)
  return {
    ...options,
    acks,
    isIdempotent: idempotence(options, acks, isGiven('enableIdempotence')),
    isEager: !isGiven('lingerMs'),
    deliveryTimeoutMs: deliveryTimeout(options, isGiven('deliveryTimeoutMs')),
  }
}

/** Where it was not asked for by name, it gives way to what does not go with it. */
function idempotence(options: ProducerOptions, acks: number, isGiven: boolean): boolean {
  const { enableIdempotence, retries, maxInFlightRequestsPerConnection, transactionalId } = options
  if (transactionalId !== null && !enableIdempotence) {
    throw new OptionError('enableIdempotence', 'enableIdempotence=false does not go with transactionalId; allowed: true')
  }
  if (!enableIdempotence) return false
  const conflicts: readonly (readonly [option: string, holds: boolean, allowed: string])[] = [
    ['acks', acks === -1, 'all'],
    ['retries', retries > 0, 'at least 1'],
    ['maxInFlightRequestsPerConnection', maxInFlightRequestsPerConnection <= MAX_IN_FLIGHT_IN_ORDER, '1 to 5'],
  ]
  const [conflict] = conflicts.filter(([, holds]) => !holds)
  if (!conflict) return true
  if (!isGiven && transactionalId === null) return false
  const [option, , allowed] = conflict
  const why = transactionalId === null ? 'enableIdempotence' : 'transactionalId'
  throw new OptionError(option, `${option} does not go with ${why}; allowed: ${allowed}`)
}

function deliveryTimeout({ deliveryTimeoutMs, lingerMs, requestTimeoutMs }: ProducerOptions, isGiven: boolean): number {
  const least = lingerMs + requestTimeoutMs
  if (deliveryTimeoutMs >= least) return deliveryTimeoutMs
  if (!isGiven) return least
  throw new OptionError(
    'deliveryTimeoutMs',
    `deliveryTimeoutMs=${deliveryTimeoutMs} is not valid; allowed: at least lingerMs and requestTimeoutMs together, which is ${least}`,
  )
}
