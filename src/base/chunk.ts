// What a message on its way out is made of.

/**
 * Bytes of a file that leave for a connection without being read: they count by their length. Who made it releases it exactly once, after the connection
 * has sent it or is gone.
 */
export interface FileRegion {
  readonly length: number
  release(): void
}

/** A piece of a message: bytes, or a region of a file that a connection sends itself. Only connections that say so take regions. */
export type Chunk = Uint8Array | FileRegion

export function isRegion(chunk: Chunk): chunk is FileRegion {
  return !(chunk instanceof Uint8Array)
}
