// What a configuration can belong to, and the number it has on the wire and in records.

const numbers = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

export type ResourceType = keyof typeof numbers

export interface ConfigResource {
  readonly type: ResourceType
  /** Empty for the cluster's default of brokers. */
  readonly name: string
}

const types = new Map<number, ResourceType>(Object.entries(numbers).map(([type, number]) => [number, type as ResourceType]))

export function resourceNumber(type: ResourceType): number {
  return numbers[type]
}

/** Undefined for a number that Kafka 4.2 does not know. */
export function resourceTypeOf(number: number): ResourceType | undefined {
  return types.get(number)
}

/** One text per resource, for maps. */
export function configKey({ type, name }: ConfigResource): string {
  return `${type} ${name}`
}

/** One text per user or client that quotas are set for, whatever the order of its parts; a null name is the default of its kind. */
export function quotaKey(entity: readonly { readonly entityType: string; readonly entityName: string | null }[]): string {
  const parts = entity.map(({ entityType, entityName }) => [entityType, entityName])
  return JSON.stringify(parts.sort(([a], [b]) => (a! < b! ? -1 : 1)))
}

/** One text per user and SCRAM mechanism. */
export function scramKey({ name, mechanism }: { readonly name: string; readonly mechanism: number }): string {
  return `${mechanism} ${name}`
}
