// The order in which a Java HashMap gives its keys: some output of Kafka's commands has it, and comes out the same each time because of it.

/** The keys in that order; they are put in one after the other, into a map that begins with so many buckets. */
export function inJavaOrder(keys: readonly string[], first = 16): string[] {
  // A map grows to twice its buckets when three quarters of them would be exceeded; keys of one bucket stay in the order in which they came.
  let buckets = first
  while (keys.length > buckets * 0.75) buckets *= 2
  const places = keys.map((key, at) => ({ key, at, bucket: spread(hashCode(key)) & (buckets - 1) }))
  return places.sort((a, b) => a.bucket - b.bucket || a.at - b.at).map(({ key }) => key)
}

/** `String.hashCode`: 31 times what was before, plus the next unit of UTF-16, in 32 bits. */
function hashCode(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}

const spread = (hash: number) => hash ^ (hash >>> 16)
