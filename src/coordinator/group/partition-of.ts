// Which partition of an internal topic holds a group or a transactional id. Part of what is on disk: it may never change.

/** The hash of a text as Java's strings have it: over UTF-16 units, 32 bits, signed. */
export function javaStringHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** The partition out of `partitions` that coordinates `id`. */
export function partitionOf(id: string, partitions: number): number {
  return (javaStringHash(id) & 0x7fff_ffff) % partitions
}
