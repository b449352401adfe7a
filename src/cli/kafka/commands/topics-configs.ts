// Configurations of a new topic as they are typed, looked at before a broker is asked.

import { ConfigError } from '../../../config/error.ts'
import type { Key } from '../../../config/keys.ts'
import { topicConfigs } from '../../../config/topic.ts'
import { Failure } from '../failure.ts'

/** key=value, each once or the last one counts. */
export function parseTopicConfigs(typed: readonly string[]): Record<string, string> {
  const pairs = typed.map((word) => word.split(/\s*=\s*/))
  if (!pairs.every((pair) => pair.length === 2 && pair[1] !== '')) {
    throw new Failure('requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".')
  }
  const configs = Object.fromEntries(pairs.map(([name, value]) => [name!.trim(), value!.trim()]))
  for (const name of Object.keys(configs)) {
    if (!Object.hasOwn(topicConfigs, name)) throw new Failure(`Unknown topic config name: ${name}`)
  }
  for (const [name, value] of Object.entries(configs)) checkValue(name, topicConfigs[name as keyof typeof topicConfigs], value)
  return configs
}

function checkValue(name: string, key: Key, value: string): void {
  try {
    key.parse(name, value)
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    throw new Failure(`Invalid value ${value} for configuration ${name}${because(key, value)}`)
  }
}

function because({ type, allowed }: Key, value: string): string {
  const isNumber = type === 'int' || type === 'long' || type === 'short' || type === 'double'
  if (isNumber && !/^[+-]?\d+(\.\d+)?$/.test(value.trim())) return `: Not a number of type ${type.toUpperCase()}`
  if (type === 'boolean') return ': Expected value to be either true or false'
  const least = /^at least (-?\d+)$/.exec(allowed)
  if (least) return `: Value must be at least ${least[1]}`
  return `: String must be one of: ${allowed.replace(/^a list of /, '').replace(/, (none|at least one)\b.*$/, '')}`
}
