// MurmurHash2 as Kafka's clients use it to choose the partition of a key.

const SEED = 0x9747b28c
const M = 0x5bd1e995

/** Kafka's 32-bit murmur2 of `bytes`, as a signed number. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const whole = length & ~3
  let hash = SEED ^ length
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = Math.imul(hash, M) ^ mixed(word)
  }
  const rest = length - whole
  if (rest === 3) hash ^= bytes[whole + 2]! << 16
  if (rest >= 2) hash ^= bytes[whole + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[whole]!, M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

function mixed(word: number): number {
  const product = Math.imul(word, M)
  return Math.imul(product ^ (product >>> 24), M)
}

/** A number without its sign bit, as Kafka folds a hash: not the absolute value. */
export function toPositive(hash: number): number {
  return hash & 0x7fffffff
}

/** The partition that Kafka's default partitioner gives a key among `partitions`. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return toPositive(murmur2(key)) % partitions
}
