// Which partition a message goes to. Programs that share keys with others rely on every bit of it, that of the legacy partitioner included.

import { murmur2, toPositive } from '../base/murmur2.ts'
import { defaultPlatform } from '../client/platform.ts'
import type { DefaultPartitioner, ICustomPartitioner, LegacyPartitioner, PartitionMetadata } from './types/index.ts'

const SEED = 0x9747b28c
const M = 0x5bd1e995

/**
 * The hash of KafkaJS before version 2: murmur2 as it comes out where products are floating point numbers, which lose their lowest bits, and where the last
 * bytes are taken twice. No other client gives it.
 */
export function legacyMurmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const at = (index: number) => bytes[index] ?? 0
  let hash = SEED ^ length
  for (let i = 0; i < length; i += 4) {
    let word = (at(i) + (at(i + 1) << 8) + (at(i + 2) << 16) + (at(i + 3) << 24)) * M
    word = (word ^ (word >>> 24)) * M
    hash = (hash * M) ^ word
  }
  const whole = length & ~3
  const rest = length - whole
  if (rest === 3) hash ^= at(whole + 2) << 16
  if (rest >= 2) hash ^= at(whole + 1) << 8
  if (rest >= 1) hash = (hash ^ at(whole)) * M
  hash = (hash ^ (hash >>> 13)) * M
  return hash ^ (hash >>> 15)
}

/** The partition that was asked for, the one of the key, or one after the other. */
function byHash(hash: (bytes: Uint8Array) => number): ICustomPartitioner {
  return () => {
    const counts = new Map<string, number>()
    return ({ topic, partitionMetadata, message }) => {
      if (message.partition !== undefined && message.partition !== null) return message.partition
      if (message.key !== undefined && message.key !== null)
        return toPositive(hash(bytesOf(message.key))) % partitionMetadata.length
      const count = (counts.get(topic) ?? Math.floor(defaultPlatform().random.next() * 2 ** 31)) + 1
      counts.set(topic, count)
      const among = ledPartitions(partitionMetadata)
      return among[toPositive(count) % among.length]!.partitionId
    }
  }
}

function ledPartitions(partitions: PartitionMetadata[]): PartitionMetadata[] {
  const led = partitions.filter(({ leader }) => leader >= 0)
  return led.length > 0 ? led : partitions
}

function bytesOf(key: Buffer | string): Uint8Array {
  return Buffer.isBuffer(key) ? key : Buffer.from(String(key))
}

const defaultPartitioner = byHash(murmur2)

export const Partitioners: {
  /** As Java's producer. */
  DefaultPartitioner: DefaultPartitioner
  /** As KafkaJS before version 2. */
  LegacyPartitioner: LegacyPartitioner
  /** @deprecated it is DefaultPartitioner */
  JavaCompatiblePartitioner: DefaultPartitioner
} = {
  DefaultPartitioner: defaultPartitioner,
  LegacyPartitioner: byHash(legacyMurmur2),
  JavaCompatiblePartitioner: defaultPartitioner,
}
