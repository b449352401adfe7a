// Writing to a socket: bytes through Node, regions of files past it.

import type { Socket } from 'node:net'
import { type Chunk, isRegion } from '../../base/chunk.ts'
import { NodeFileRegion } from './file-region.ts'

/** Below this, copying chunks together is cheaper than a vectored write. */
const JOIN_MAX = 16 * 1024

type Done = (why?: Error | null) => void

/** What Node's sockets are made of; undocumented, so its absence is survived. */
interface WithDescriptor {
  readonly _handle?: { readonly fd?: unknown } | null
}

/** The socket's descriptor; null where Node hides it, and once it is closed. */
export function descriptorOf(socket: Socket): number | null {
  const fd = (socket as WithDescriptor)._handle?.fd
  return typeof fd === 'number' && fd >= 0 ? fd : null
}

/** Writes bytes in order, in one write as far as the system takes them. */
export function writeBytes(socket: Socket, chunks: readonly Uint8Array[], bytes: number, done: Done): void {
  if (chunks.length === 1) socket.write(chunks[0]!, done)
  else if (bytes <= JOIN_MAX) socket.write(Buffer.concat(chunks, bytes), done)
  else {
    const last = chunks.length - 1
    socket.cork()
    for (let i = 0; i < last; i++) socket.write(chunks[i]!)
    socket.write(chunks[last]!, done)
    socket.uncork()
  }
}

/**
 * Sends bytes and regions in order, with nothing else written to the socket meanwhile. A region goes out by a descriptor of its own: the socket's may be closed, and
 * its number be another connection's, before the thread pool comes to it.
 */
export async function sendMixed(socket: Socket, chunks: readonly Chunk[]): Promise<void> {
  let out: { readonly fd: number; close(): void } | null = null
  try {
    for (let at = 0; at < chunks.length; ) {
      const chunk = chunks[at]!
      if (!isRegion(chunk)) {
        const end = endOfBytes(chunks, at)
        await written(socket, chunks.slice(at, end) as Uint8Array[])
        at = end
        continue
      }
      if (!(chunk instanceof NodeFileRegion)) throw new Error('a region of a file of another disk')
      out ??= outOf(socket, chunk)
      await sendRegion(socket, out.fd, chunk)
      at++
    }
  } finally {
    out?.close()
  }
}

function endOfBytes(chunks: readonly Chunk[], from: number): number {
  let end = from
  while (end < chunks.length && !isRegion(chunks[end]!)) end++
  return end
}

function outOf(socket: Socket, { calls }: NodeFileRegion): { readonly fd: number; close(): void } {
  const own = descriptorOf(socket)
  const fd = own === null ? null : calls.duplicate(own)
  if (fd === null) throw new Error('the socket is closed')
  return { fd, close: () => calls.close(fd) }
}

async function sendRegion(socket: Socket, fd: number, region: NodeFileRegion): Promise<void> {
  for (let sent = 0; sent < region.length; ) {
    sent += await region.sendTo(fd, sent)
    if (socket.destroyed) throw new Error('the socket is closed')
    if (sent === region.length) return
    const piece = await region.piece(sent)
    await written(socket, [piece])
    sent += piece.length
  }
}

/** Resolves when the system has the bytes. */
function written(socket: Socket, chunks: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    // Node 20 reports success for a write that ended because the socket was destroyed.
    writeBytes(socket, chunks, bytes, (why) =>
      why || socket.destroyed ? reject(why ?? new Error('the socket is closed')) : resolve(),
    )
  })
}
