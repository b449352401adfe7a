// What a consumer wants to read: topics by their names, all that match a pattern, or partitions that it names itself.

import type { Metadata } from '../cluster/metadata.ts'

/** A pattern in the syntax of RE2, which the coordinator matches with the names of topics (KIP-848). */
export interface ServerPattern {
  readonly serverPattern: string
}

export type Wanted =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'topics'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'serverPattern'; readonly pattern: string }
  | { readonly kind: 'partitions' }

export class Subscription {
  wanted: Wanted = { kind: 'nothing' }
  /** Those of the group's protocol: sorted, each once. Of a server's pattern none: only the coordinator knows. */
  topics: readonly string[] = []
  readonly #excludesInternal: boolean

  constructor(excludesInternal: boolean) {
    this.#excludesInternal = excludesInternal
  }

  get isGroup(): boolean {
    const { kind } = this.wanted
    return kind === 'topics' || kind === 'pattern' || kind === 'serverPattern'
  }

  /** Whether the topics are others than before. */
  set(wanted: Wanted, metadata: Metadata): boolean {
    this.wanted = wanted
    return this.update(metadata)
  }

  /** Looks which topics match now; whether they are others than before. */
  update(metadata: Metadata): boolean {
    const topics = this.#match(metadata)
    const isSame = topics.length === this.topics.length && topics.every((topic, i) => topic === this.topics[i])
    this.topics = topics
    return !isSame
  }

  /** Whether a topic is one of those; of a server's pattern the coordinator is believed. */
  includes(topic: string): boolean {
    return this.wanted.kind === 'serverPattern' || this.topics.includes(topic)
  }

  #match(metadata: Metadata): string[] {
    const { wanted } = this
    if (wanted.kind === 'topics') return [...new Set(wanted.topics)].sort()
    if (wanted.kind !== 'pattern') return []
    return [...metadata.topics.values()]
      .filter(({ name, isInternal }) => !(isInternal && this.#excludesInternal) && matches(wanted.pattern, name))
      .map(({ name }) => name)
      .sort()
  }
}

/** The whole name, as Kafka matches; flags such as `g` remember nothing here. */
function matches(pattern: RegExp, name: string): boolean {
  pattern.lastIndex = 0
  const found = pattern.exec(name)
  return found !== null && found[0].length === name.length
}
