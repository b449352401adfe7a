// The producer that a command sends with, made of Kafka's own properties.

import { roundRobin } from '../../client/producer/partitioner.ts'
import { Producer, type ProducerConfig } from '../../client/producer/producer.ts'
import { producerOptions } from '../../config/client/producer.ts'
import { optionsOf } from './client.ts'
import { Failure } from './failure.ts'

const PARTITIONER = 'partitioner.class'
const ROUND_ROBIN = 'org.apache.kafka.clients.producer.RoundRobinPartitioner'

type Bytes = Uint8Array | null

/** A Failure where a property makes no sense, or is not supported. Bytes are sent as they are. */
export function producerWith(properties: ReadonlyMap<string, string>): Producer<Bytes, Bytes> {
  const others = new Map(properties)
  const isRoundRobin = others.get(PARTITIONER) === ROUND_ROBIN
  if (isRoundRobin) others.delete(PARTITIONER)
  const options = {
    ...optionsOf(others, producerOptions),
    ...(isRoundRobin ? { partitioner: roundRobin() } : {}),
  } as unknown as ProducerConfig<Bytes, Bytes>
  try {
    return new Producer<Bytes, Bytes>(options)
  } catch (thrown) {
    throw new Failure((thrown as Error).message)
  }
}
