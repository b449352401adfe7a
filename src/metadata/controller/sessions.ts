// When each broker was heard of last, and how far it said it has followed. Soft state: a new controller starts anew.

export interface Session {
  readonly lastHeardAt: number
  /** The broker's image has everything below and at this offset; -1 while it has not said. */
  readonly metadataOffset: number
}

export class Sessions {
  readonly #byBroker = new Map<number, Session>()
  /** Where each broker that is shutting down must see the others have got to. */
  readonly #shutdownOffsets = new Map<number, number>()
  /** Where each broker was fenced. */
  readonly #fencedAt = new Map<number, number>()
  /** Those that this controller itself heard of. */
  readonly #spoken = new Set<number>()

  /** A broker that the controller before took for alive: it gets a whole session to show itself. */
  presume(id: number, now: number): void {
    this.#byBroker.set(id, { lastHeardAt: now, metadataOffset: -1 })
  }

  /** Whether the broker was heard of since this controller began. */
  hasSpoken(id: number): boolean {
    return this.#spoken.has(id)
  }

  heard(id: number, now: number, metadataOffset = -1): void {
    const known = this.#byBroker.get(id)
    this.#spoken.add(id)
    this.#byBroker.set(id, { lastHeardAt: now, metadataOffset: Math.max(metadataOffset, known?.metadataOffset ?? -1) })
  }

  /** Whether the broker was heard of within the timeout. */
  isValid(id: number, now: number, timeoutMs: number): boolean {
    const session = this.#byBroker.get(id)
    return session !== undefined && now - session.lastHeardAt <= timeoutMs
  }

  get(id: number): Session | undefined {
    return this.#byBroker.get(id)
  }

  forget(id: number): void {
    this.#byBroker.delete(id)
    this.#spoken.delete(id)
    this.#shutdownOffsets.delete(id)
    this.#fencedAt.delete(id)
  }

  /** The broker is fenced by the record at `offset`; what it led is led by others from before that on. */
  noteFenced(id: number, offset: number): void {
    this.#fencedAt.set(id, offset)
  }

  /** Whether the broker knows, as far as this controller can tell, that it was fenced, and with that that it leads nothing any more. */
  hasSeenItsFence(id: number): boolean {
    return (this.get(id)?.metadataOffset ?? -1) >= (this.#fencedAt.get(id) ?? -1)
  }

  /** The broker's partitions are led elsewhere as of `offset`; what is known already holds unless more of them moved since. */
  noteShutdown(id: number, offset: number, hasMoved: boolean): void {
    if (hasMoved || !this.#shutdownOffsets.has(id)) this.#shutdownOffsets.set(id, offset)
  }

  shutdownOffset(id: number): number | undefined {
    return this.#shutdownOffsets.get(id)
  }

  /**
   * The controller itself did not run for a while, or its clock was set: `late` is by how much the time differs from what it should be. Nobody is
   * held for silent because of that; a session may last longer by it.
   */
  excuse(late: number, now: number): void {
    for (const [id, session] of this.#byBroker) {
      const lastHeardAt = Math.min(session.lastHeardAt + Math.max(0, late), now)
      this.#byBroker.set(id, { ...session, lastHeardAt })
    }
  }

  clear(): void {
    this.#byBroker.clear()
    this.#spoken.clear()
    this.#shutdownOffsets.clear()
    this.#fencedAt.clear()
  }
}
