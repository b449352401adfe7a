// Whether the node serves, and if not, why.

export type Phase = 'starting' | 'running' | 'stopping'

export class Health {
  phase: Phase = 'starting'
  #why: () => string | null = () => null

  /** The node is up. `why` says what keeps it from serving at the moment; null: nothing. */
  running(why: () => string | null): void {
    this.#why = why
    this.phase = 'running'
  }

  stopping(): void {
    this.phase = 'stopping'
  }

  /** Why the node is not ready; null where it is. */
  get trouble(): string | null {
    if (this.phase === 'running') return this.#why()
    return `the node is ${this.phase}`
  }
}
