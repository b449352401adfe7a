// From where a configuration's value comes.

/** By their numbers on the wire. */
const sources = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const
export type ConfigSource = keyof typeof sources

const names = new Map<number, ConfigSource>(Object.entries(sources).map(([name, number]) => [number, name as ConfigSource]))

export const sourceOf = (number: number): ConfigSource => names.get(number) ?? 'UNKNOWN'
