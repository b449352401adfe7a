// What the controller must know of configurations without knowing their tables: whoever composes it hands the answers in.

import type { ConfigResource } from '../resources.ts'

/** One line of a configuration as CreateTopics (version 5 and later) shows it. */
export interface ShownConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
}

export interface ConfigRules {
  /**
   * Throws a KafkaError (INVALID_CONFIG, INVALID_REQUEST) where `values` would not be a legal set of overrides for the resource.
   * @param values all overrides that the resource would have, changed and unchanged
   * @param changed names that the request sets or removes; only these may be refused for being unknown
   */
  validate(resource: ConfigResource, values: ReadonlyMap<string, string>, changed: ReadonlySet<string>): void
  /** Whether APPEND and SUBTRACT make sense for the key. */
  isList(resource: ConfigResource, name: string): boolean
  /** What the key has where nobody set it, as text; null where it has nothing. APPEND starts from it. */
  defaultOf(resource: ConfigResource, name: string): string | null
  /** All configurations of a topic that has (or would have) these overrides, sorted by name, values of secrets left out. */
  describeTopic(values: ReadonlyMap<string, string>): readonly ShownConfig[]
}
