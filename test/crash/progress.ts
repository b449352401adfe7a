// Tells every few seconds how far a share came, how fast it goes, and when it will be done.

const EVERY_MS = 10_000

export class Progress {
  readonly #name: string
  readonly #times: number
  readonly #until: number
  readonly #began = performance.now()
  #told = performance.now()

  /** `times` and `until` (as performance.now() tells it) may be infinite. */
  constructor(name: string, times: number, until: number) {
    this.#name = name
    this.#times = times
    this.#until = until
  }

  reached(done: number): void {
    const now = performance.now()
    if (now - this.#told < EVERY_MS) return
    this.#told = now
    const rate = (done * 1000) / (now - this.#began)
    const left = Math.min((this.#until - now) / 1000, rate > 0 ? (this.#times - done) / rate : Infinity)
    const end = Number.isFinite(left) ? `, about ${left < 90 ? `${Math.ceil(left)} s` : `${Math.round(left / 60)} min`} left` : ''
    const speed = rate >= 10 ? `${Math.round(rate)} a second` : `${Math.round(rate * 60)} a minute`
    console.log(`${this.#name}: ${done.toLocaleString('en')} done, ${speed}${end}`)
  }
}
