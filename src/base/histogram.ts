// How often values of each size came: fixed buckets in plain numbers, so that counting one costs a few nanoseconds and makes no object.

/** Four buckets for each power of two: a quantile is off by an eighth of its value at most. */
const STEPS = 4
/** Values are whole numbers below 2^31; larger ones count in the last bucket. */
const LARGEST = 0x7fff_ffff

/** The bucket of a whole number: 0 to 3 have one each, then four to every doubling. */
function bucketOf(value: number): number {
  if (value < STEPS) return value
  const exponent = 31 - Math.clz32(value)
  return (exponent - 1) * STEPS + ((value >>> (exponent - 2)) & (STEPS - 1))
}

export const BUCKETS = bucketOf(LARGEST) + 1

/** The least value of a bucket; the next bucket's is its end. */
function startOf(bucket: number): number {
  if (bucket < STEPS) return bucket
  const exponent = Math.floor(bucket / STEPS) + 1
  return 2 ** exponent + (bucket % STEPS) * 2 ** (exponent - 2)
}

export class Histogram {
  /** By bucket, since the start; behind the buckets the sum of all values. */
  readonly counts = new Float64Array(BUCKETS + 1)

  /** Counts one value; what is negative or no number counts as 0. */
  record(value: number): void {
    const whole = value > LARGEST ? LARGEST : value > 0 ? value | 0 : 0
    this.counts[bucketOf(whole)]!++
    this.counts[BUCKETS]! += whole
  }

  get sum(): number {
    return this.counts[BUCKETS]!
  }

  get count(): number {
    return this.#before(BUCKETS)
  }

  /** How many values were below `value`, which must be the beginning of a bucket, as every power of two is. */
  countBelow(value: number): number {
    return this.#before(bucketOf(value))
  }

  #before(bucket: number): number {
    let count = 0
    for (let i = 0; i < bucket; i++) count += this.counts[i]!
    return count
  }
}

/**
 * The value below which the part `quantile` of those lie that were counted between `earlier` and `counts`; evenly spread inside of its bucket. NaN where
 * there are none.
 */
export function quantileOf(quantile: number, counts: Float64Array, earlier: Float64Array | null): number {
  const before = (i: number) => earlier?.[i] ?? 0
  let count = 0
  for (let i = 0; i < BUCKETS; i++) count += counts[i]! - before(i)
  if (count === 0) return Number.NaN
  const rank = quantile * count
  let seen = 0
  for (let i = 0; i < BUCKETS; i++) {
    const here = counts[i]! - before(i)
    if (here === 0 || seen + here < rank) {
      seen += here
      continue
    }
    const from = startOf(i)
    const width = startOf(i + 1) - from
    return width === 1 ? from : from + ((rank - seen) / here) * width
  }
  return LARGEST
}
