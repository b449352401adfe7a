// Which partition of an internal topic holds a group or a transactional id. Part of what is on disk: it may never change.

/** The hash of a text as Java's strings have it: over UTF-16 units, 32 bits, signed. */
export function javaStringHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** The partition out of `partitions` that coordinates `id`: by the hash without its sign, where the smallest int counts as 0, as Apache has it. */
export function partitionOf(id: string, partitions: number): number {
  const hash = javaStringHash(id)
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitions
}
