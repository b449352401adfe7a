// What happened, as a hash of everything and as the last lines of it.

const KEPT = 100

export class Trace {
  readonly #lines: string[] = []
  #at = 0
  #high = 0x811c9dc5
  #low = 0x9e3779b9
  /** How many lines were noted. */
  count = 0
  /** How often each thing happened that should happen sometimes. */
  readonly sometimes = new Map<string, number>()

  note(now: number, what: string): void {
    const line = `${now.toFixed(3).padStart(12)} ${what}`
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i)
      this.#high = Math.imul(this.#high ^ code, 0x01000193)
      this.#low = Math.imul(this.#low + code, 0x85ebca6b) ^ (this.#low >>> 13)
    }
    this.#lines[this.#at] = line
    this.#at = (this.#at + 1) % KEPT
    this.count++
  }

  /** Counts one of the rare things that runs are made for. */
  saw(what: string): void {
    this.sometimes.set(what, (this.sometimes.get(what) ?? 0) + 1)
  }

  /** Equal for equal runs. */
  get hash(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** The last hundred, oldest first. */
  get last(): string[] {
    return [...this.#lines.slice(this.#at), ...this.#lines.slice(0, this.#at)]
  }
}
