// A socket on its way to the other end: it arrives, is refused, or nobody waits for it any more.

import type { Socket } from 'node:net'

export interface Connecting<T> {
  /** Ends the socket, whatever state it is in; the promise rejects with its reason. */
  readonly signal: AbortSignal | undefined
  /** What the socket is when it has arrived. */
  readonly made: () => T
  /** What is told where it is refused. */
  readonly explained: (why: Error) => Error
}

/** @param arrival the event by which `socket` says that it has arrived */
export function onceConnected<T>(socket: Socket, arrival: 'connect' | 'secureConnect', connecting: Connecting<T>): Promise<T> {
  const { signal, made, explained } = connecting
  return new Promise((resolve, reject) => {
    const settle = () => {
      socket.off('error', refuse)
      socket.off(arrival, arrive)
      signal?.removeEventListener('abort', giveUp)
    }
    const refuse = (why: Error) => {
      settle()
      reject(explained(why))
    }
    const arrive = () => {
      settle()
      resolve(made())
    }
    const giveUp = () => {
      settle()
      socket.destroy()
      reject(signal!.reason)
    }
    socket.once('error', refuse)
    socket.once(arrival, arrive)
    if (signal?.aborted) return giveUp()
    signal?.addEventListener('abort', giveUp)
  })
}
