// What kafka-producer-perf-test counts and prints.

import type { Clock } from '../../../platform/clock.ts'

const MIB = 1024 * 1024
/** Of more records than these a sample is kept. */
const MOST_SAMPLES = 500_000

export interface StatsOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly print: (line: string) => void
  readonly count: number
  readonly intervalMs: number
  /** Those behind the records that warm up. */
  readonly isSteady: boolean
}

export class PerfStats {
  readonly #options: StatsOptions
  readonly #start: number
  readonly #sampling: number
  readonly #latencies: number[] = []
  #iteration = 0
  #count = 0
  #bytes = 0
  #latency = 0
  #longest = 0
  #window: { start: number; count: number; bytes: number; latency: number; longest: number }
  /** Nothing more is printed on the way. */
  isQuiet = false

  constructor(options: StatsOptions) {
    this.#options = options
    this.#start = options.clock.now()
    this.#window = newWindow(this.#start)
    this.#sampling = Math.floor(options.count / Math.min(options.count, MOST_SAMPLES))
  }

  /** A record was acknowledged so many milliseconds after it was sent. */
  record(latencyMs: number, bytes: number, now: number): void {
    this.#count++
    this.#bytes += bytes
    this.#latency += latencyMs
    this.#longest = Math.max(this.#longest, latencyMs)
    const window = this.#window
    window.count++
    window.bytes += bytes
    window.latency += latencyMs
    window.longest = Math.max(window.longest, latencyMs)
    if (this.#iteration++ % this.#sampling === 0) this.#latencies.push(latencyMs)
    if (now - window.start >= this.#options.intervalMs) this.#endWindow()
  }

  #endWindow(): void {
    const { clock, print, isSteady } = this.#options
    const { start, count, bytes, latency, longest } = this.#window
    if (isSteady && count === this.#count) print('In steady state.')
    const now = clock.now()
    if (!this.isQuiet) {
      const seconds = (now - start) / 1000
      print(
        `${count} records sent, ${(count / seconds).toFixed(1)} records/sec (${(bytes / seconds / MIB).toFixed(2)} MB/sec), ` +
          `${(latency / count).toFixed(1)} ms avg latency, ${longest.toFixed(1)} ms max latency.`,
      )
    }
    this.#window = newWindow(now)
  }

  printTotal(): void {
    const { clock, print, isSteady } = this.#options
    const seconds = (clock.now() - this.#start) / 1000
    const sorted = [...this.#latencies].sort((a, b) => a - b)
    const percentile = (part: number) => sorted[Math.floor(part * sorted.length)] ?? 0
    const percentiles = [
      [0.5, '50th'],
      [0.95, '95th'],
      [0.99, '99th'],
      [0.999, '99.9th'],
    ] as const
    print(
      `${this.#count}${isSteady ? ' steady state' : ''} records sent, ${(this.#count / seconds).toFixed(6)} records/sec ` +
        `(${(this.#bytes / seconds / MIB).toFixed(2)} MB/sec), ${(this.#latency / this.#count).toFixed(2)} ms avg latency, ` +
        `${this.#longest.toFixed(2)} ms max latency, ${percentiles.map(([part, name]) => `${percentile(part)} ms ${name}`).join(', ')}.`,
    )
  }
}

const newWindow = (start: number) => ({ start, count: 0, bytes: 0, latency: 0, longest: 0 })
