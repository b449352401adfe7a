// What a log remembers of its producers, and the transactions that were aborted in a segment.

import { ByteReader } from '../../../base/bytes.ts'
import { parseProducerSnapshot } from '../../../log/producer-snapshot.ts'
import { DamagedFile } from '../../../log/text-files.ts'
import { parseTransactionIndex } from '../../../log/transaction-index.ts'
import { ProducerSnapshot } from '../../../protocol/messages/records/storage.ts'
import { codec } from '../../../protocol/schema.ts'
import { Failure } from '../failure.ts'
import { type Dumping, noSuchFile, offsetOf } from './dump-log.ts'

const NO_LONG = 'OptionalLong.empty'
const MAX_INT = 2 ** 31 - 1

export async function dumpProducers(path: string, { terminal, writer }: Dumping): Promise<void> {
  const bytes = await contents(path, terminal.disk)
  try {
    parseProducerSnapshot(path, bytes)
  } catch (thrown) {
    if (!(thrown instanceof DamagedFile)) throw thrown
    return terminal.complain(thrown.message)
  }
  const reader = new ByteReader(bytes)
  const { producerEntries } = codec(ProducerSnapshot, reader.int16()).read(reader)
  for (const { producerId, epoch, coordinatorEpoch, currentTxnFirstOffset, timestamp, ...batch } of producerEntries) {
    const { lastSequence, lastOffset, offsetDelta } = batch
    const first = currentTxnFirstOffset < 0 ? NO_LONG : `OptionalLong[${currentTxnFirstOffset}]`
    const facts = `producerId: ${producerId} producerEpoch: ${epoch} coordinatorEpoch: ${coordinatorEpoch} currentTxnFirstOffset: ${first} lastTimestamp: ${timestamp} `
    const sequence = lastSequence < offsetDelta ? lastSequence - offsetDelta + MAX_INT + 1 : lastSequence - offsetDelta
    const ofBatch = `firstSequence: ${sequence} lastSequence: ${lastSequence} lastOffset: ${lastOffset} offsetDelta: ${offsetDelta} timestamp: ${timestamp}`
    writer.line(lastOffset < 0 ? facts : facts + ofBatch)
  }
}

export async function dumpTransactions(path: string, { terminal, writer }: Dumping): Promise<void> {
  const bytes = await contents(path, terminal.disk)
  const baseOffset = offsetOf(path.slice(path.lastIndexOf('/') + 1))
  try {
    for (const { producerId, firstOffset, lastOffset, lastStableOffset } of parseTransactionIndex(path, baseOffset, bytes)) {
      writer.line(
        `version: 0 producerId: ${producerId} firstOffset: ${firstOffset} lastOffset: ${lastOffset} lastStableOffset: ${lastStableOffset}`,
      )
    }
  } catch (thrown) {
    throw thrown instanceof DamagedFile ? new Failure(thrown.message) : thrown
  }
}

async function contents(path: string, disk: Dumping['terminal']['disk']): Promise<Uint8Array> {
  const bytes = await disk.readAtomic(path)
  if (bytes === null) throw noSuchFile(path)
  return bytes
}
