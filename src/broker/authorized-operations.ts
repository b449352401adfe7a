// Which operations a principal may do on a resource, as the bit field that Metadata and the Describe calls answer (KIP-430).

import type { Operation, RequestContext, Resource, ResourceType } from './handler.ts'

/** The number of each operation on the wire. */
const bits: Readonly<Record<Operation, number>> = {
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  ClusterAction: 9,
  DescribeConfigs: 10,
  AlterConfigs: 11,
  IdempotentWrite: 12,
}

const operationsOf: Readonly<Partial<Record<ResourceType, readonly Operation[]>>> = {
  Topic: ['Read', 'Write', 'Create', 'Delete', 'Alter', 'Describe', 'DescribeConfigs', 'AlterConfigs'],
  Group: ['Read', 'Delete', 'Describe', 'DescribeConfigs', 'AlterConfigs'],
  Cluster: ['Create', 'Alter', 'Describe', 'ClusterAction', 'DescribeConfigs', 'AlterConfigs', 'IdempotentWrite'],
}

/** What stands there when the client did not ask. */
export const NOT_ASKED = -0x8000_0000

export function authorizedOperations(context: Pick<RequestContext, 'may'>, resource: Resource): number {
  const possible = operationsOf[resource.type] ?? []
  return possible.reduce((field, operation) => (context.may(operation, resource) ? field | (1 << bits[operation]) : field), 0)
}
