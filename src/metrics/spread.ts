// A histogram as the summary that Kafka's are: its percentiles, sum and count.

import { BUCKETS, type Histogram, quantileOf } from '../base/histogram.ts'
import type { Spread } from './metric.ts'
import type { Scene } from './scene.ts'

/** Times are counted in microseconds. */
export const US_OF_MS = 1000

/** Kafka's percentiles, by the label that the JMX exporter's rules give them. */
const QUANTILES = [
  ['0.50', 0.5],
  ['0.75', 0.75],
  ['0.95', 0.95],
  ['0.98', 0.98],
  ['0.99', 0.99],
  ['0.999', 0.999],
] as const

/** All of them together: quantiles of the last five minutes, sum and count since the start. `per`: how many counted units make one that is told. */
export function spread(histograms: readonly Histogram[], { stage }: Scene, per: number): Spread {
  const { windows } = stage.meters
  const counts = together(histograms.map((one) => one.counts))
  const earlier = together(histograms.map((one) => windows.earlier(one.counts)))
  let count = 0
  for (let i = 0; i < BUCKETS; i++) count += counts?.[i] ?? 0
  const parts = QUANTILES.map(
    ([label, quantile]) => [label, counts ? quantileOf(quantile, counts, earlier) / per : Number.NaN] as const,
  )
  return { parts, count, sum: (counts?.[BUCKETS] ?? 0) / per }
}

/** Null where there is nothing at all. */
function together(all: readonly (Float64Array | null)[]): Float64Array | null {
  const some = all.filter((one) => one !== null)
  if (some.length <= 1) return some[0] ?? null
  return some.reduce((sum, one) => sum.map((value, i) => value + one[i]!))
}
