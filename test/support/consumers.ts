// Consumers for tests: closed when the test is over, with short pauses.

import type { TestContext } from 'node:test'
import { Consumer, type ConsumerConfig, type ConsumerRecord, serdes } from '../../src/client/index.ts'
import { atEnd } from './running-broker.ts'

export type Texts = Consumer<string | null, string | null>
export type TextRecord = ConsumerRecord<string | null, string | null>

/** A consumer of texts that begins at the start of topics. */
export function consumerFor(
  t: TestContext,
  { bootstrapServers }: { readonly bootstrapServers: string },
  config: Partial<ConsumerConfig<string | null, string | null>> = {},
): Texts {
  const quick = config.groupProtocol === 'consumer' ? {} : { heartbeatIntervalMs: 40 }
  const consumer = new Consumer<string | null, string | null>({
    bootstrapServers,
    keyDeserializer: serdes.string,
    valueDeserializer: serdes.string,
    autoOffsetReset: 'earliest',
    retryBackoffMs: 10,
    fetchMaxWaitMs: 50,
    ...quick,
    ...config,
  })
  atEnd(t, () => consumer.close())
  return consumer
}

/** The next so many records; the last of them counts as done. */
export async function take(consumer: Texts, count: number, timeoutMs = 60_000): Promise<TextRecord[]> {
  const records: TextRecord[] = []
  const signal = AbortSignal.timeout(timeoutMs)
  while (records.length < count) records.push(...(await consumer.poll({ signal })))
  return records
}

export const valuesOf = (records: readonly TextRecord[]) => records.map(({ value }) => value)
