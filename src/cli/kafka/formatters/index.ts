// The formatters by the names of their classes in Kafka.

import { type CoordinatorTopic, groupTopic, shareTopic, transactionTopic, UnknownRecordType } from './coordinator-records.ts'
import { defaultFormatter } from './default.ts'
import type { Formatter, MakeFormatter } from './formatter.ts'

const PACKAGE = 'org.apache.kafka.tools.consumer.'
export const DEFAULT_FORMATTER = `${PACKAGE}DefaultMessageFormatter`

export const formatters: Readonly<Record<string, MakeFormatter>> = {
  [DEFAULT_FORMATTER]: defaultFormatter,
  // What it logs besides is below the level that Kafka's commands log at.
  [`${PACKAGE}LoggingMessageFormatter`]: defaultFormatter,
  [`${PACKAGE}NoOpMessageFormatter`]: () => () => {},
  [`${PACKAGE}OffsetsMessageFormatter`]: () => ofTopic(groupTopic, [0, 1]),
  [`${PACKAGE}GroupMetadataMessageFormatter`]: () => ofTopic(groupTopic, [2]),
  [`${PACKAGE}ShareGroupMessageFormatter`]: () => ofTopic(groupTopic, [10, 11, 12, 13, 14, 15]),
  [`${PACKAGE}TransactionLogMessageFormatter`]: () => ofTopic(transactionTopic, [0]),
  [`${PACKAGE}group.share.ShareGroupStateMessageFormatter`]: () => ofTopic(shareTopic, [0, 1]),
}

/** Records of these kinds as JSON, one behind the other without an end of line; others are left out. */
function ofTopic(topic: CoordinatorTopic, types: readonly number[]): Formatter {
  return ({ key, value, offset }, to) => {
    if (key === null) return
    try {
      const record = topic.read(key, value)
      if (!types.includes(record.type)) return
      const shown = record.value === null ? 'null' : `{"version":${record.value.version},"data":${record.value.json}}`
      to.text(`{"key":{"type":${record.type},"data":${record.key}},"value":${shown}}`)
    } catch (thrown) {
      if (thrown instanceof UnknownRecordType) return
      throw new Error(`Could not read record at offset ${offset} due to: ${(thrown as Error).message}`, { cause: thrown })
    }
  }
}
