// The consumer that a command reads with, made of Kafka's own properties.

import { Consumer, type ConsumerConfig } from '../../client/consumer/index.ts'
import { consumerOptions } from '../../config/client/consumer.ts'
import { type Options, optionsOf } from './client.ts'
import { Failure } from './failure.ts'

const STRATEGY = 'partition.assignment.strategy'
const PACKAGE = 'org.apache.kafka.clients.consumer.'
const assignors: Readonly<Record<string, string>> = {
  [`${PACKAGE}RangeAssignor`]: 'range',
  [`${PACKAGE}RoundRobinAssignor`]: 'roundrobin',
  [`${PACKAGE}StickyAssignor`]: 'sticky',
  [`${PACKAGE}CooperativeStickyAssignor`]: 'cooperative-sticky',
}

/** Options of a consumer out of Kafka's properties. */
export function consumerOptionsOf(properties: ReadonlyMap<string, string>): Options {
  const ours = new Map(properties)
  const strategy = ours.get(STRATEGY)
  // Kafka's property names classes, our option the protocols that they stand for.
  if (strategy !== undefined) {
    const names = strategy.split(',').map((name) => assignors[name.trim()] ?? name.trim())
    ours.set(STRATEGY, names.join(','))
  }
  return optionsOf(ours, consumerOptions)
}

/** A Failure where a property makes no sense, or is not supported. Keys and values are bytes as they are. */
export function consumerWith(properties: ReadonlyMap<string, string>): Consumer {
  const options = consumerOptionsOf(properties)
  try {
    return new Consumer(options as unknown as ConsumerConfig<Uint8Array | null, Uint8Array | null>)
  } catch (thrown) {
    throw new Failure((thrown as Error).message)
  }
}
