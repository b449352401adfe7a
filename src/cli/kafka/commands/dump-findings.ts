// What kafka-dump-log finds wrong: it is told at the end, file by file.

type Pair = readonly [one: number, other: number]

export class Findings {
  readonly #index = new Map<string, Pair[]>()
  readonly #times = new Map<string, Pair[]>()
  readonly #order = new Map<string, Pair[]>()
  readonly #missing = new Map<string, Pair[]>()
  readonly #gaps = new Map<string, Pair[]>()

  /** An entry of an index names another offset than the batch at its position ends with. */
  mismatch(path: string, indexOffset: number, logOffset: number): void {
    add(this.#index, path, [indexOffset, logOffset], true)
  }

  timestampMismatch(path: string, indexTimestamp: number, logTimestamp: number): void {
    add(this.#times, path, [indexTimestamp, logTimestamp])
  }

  outOfOrder(path: string, timestamp: number, before: number): void {
    add(this.#order, path, [timestamp, before])
  }

  /** No batch ends with the offset of an entry; -1: none comes behind it. */
  notFound(path: string, indexOffset: number, logOffset: number): void {
    add(this.#missing, path, [indexOffset, logOffset])
  }

  gap(path: string, offset: number, next: number): void {
    add(this.#gaps, path, [offset, next], true)
  }

  *lines(): Generator<string> {
    for (const [path, pairs] of this.#index) {
      yield `Mismatches in :${path}`
      for (const [one, other] of pairs) yield `  Index offset: ${one}, log offset: ${other}`
    }
    for (const [path, pairs] of this.#times) {
      yield `Found timestamp mismatch in :${path}`
      for (const [one, other] of pairs) yield `  Index timestamp: ${one}, log timestamp: ${other}`
    }
    for (const [path, pairs] of this.#order) {
      yield `Found out of order timestamp in :${path}`
      for (const [one, other] of pairs) yield `  Index timestamp: ${one}, Previously indexed timestamp: ${other}`
    }
    for (const pairs of this.#missing.values()) {
      yield 'The following indexed offsets are not found in the log.'
      for (const [one, other] of pairs) yield `Indexed offset: ${one}, found log offset: ${other}`
    }
    for (const [path, pairs] of this.#gaps) {
      yield `Non-consecutive offsets in ${path}`
      for (const [one, other] of pairs) yield `  ${one} is followed by ${other}`
    }
  }
}

/** Some lists of Kafka's command begin with what was found last. */
function add(to: Map<string, Pair[]>, path: string, pair: Pair, isReversed = false): void {
  const pairs = to.get(path) ?? []
  to.set(path, pairs)
  if (isReversed) pairs.unshift(pair)
  else pairs.push(pair)
}
