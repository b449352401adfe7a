/** Collects latencies in milliseconds and tells their percentiles. */
export class Latencies {
  #values = new Float64Array(1 << 16)
  #count = 0

  add(value) {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = value
  }

  get count() {
    return this.#count
  }

  /** { [prefix]p50, p99, p999 }, or nothing when there was none. */
  summary(prefix = '') {
    if (this.#count === 0) return {}
    const sorted = this.#values.subarray(0, this.#count).sort()
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
    return { [`${prefix}p50`]: at(0.5), [`${prefix}p99`]: at(0.99), [`${prefix}p999`]: at(0.999) }
  }
}

export const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))
