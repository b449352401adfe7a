// The producer that a command sends with, made of Kafka's own properties.

import { roundRobin } from '../../client/producer/partitioner.ts'
import { Producer, type ProducerConfig } from '../../client/producer/producer.ts'
import { producerOptions } from '../../config/client/producer.ts'
import { type Options, optionsOf } from './client.ts'
import { Failure } from './failure.ts'

const PARTITIONER = 'partitioner.class'
const ROUND_ROBIN = 'org.apache.kafka.clients.producer.RoundRobinPartitioner'

type Bytes = Uint8Array | null

/** Options of a producer out of Kafka's properties. */
export function producerOptionsOf(properties: ReadonlyMap<string, string>): Options {
  const others = new Map(properties)
  const isRoundRobin = others.get(PARTITIONER) === ROUND_ROBIN
  if (isRoundRobin) others.delete(PARTITIONER)
  return { ...optionsOf(others, producerOptions), ...(isRoundRobin ? { partitioner: roundRobin() } : {}) }
}

/** A Failure where a property makes no sense, or is not supported. Bytes are sent as they are. */
export function producerWith(properties: ReadonlyMap<string, string>): Producer<Bytes, Bytes> {
  const options = producerOptionsOf(properties)
  try {
    return new Producer<Bytes, Bytes>(options as unknown as ProducerConfig<Bytes, Bytes>)
  } catch (thrown) {
    throw new Failure((thrown as Error).message)
  }
}
