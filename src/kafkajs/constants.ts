// The values of the numbered names; their types are in `types/enums.ts`.

import type * as enums from './types/enums.ts'

export type CompressionTypes = enums.CompressionTypes
export const CompressionTypes = { None: 0, GZIP: 1, Snappy: 2, LZ4: 3, ZSTD: 4 } as unknown as typeof enums.CompressionTypes

export type logLevel = enums.logLevel
export const logLevel = { NOTHING: 0, ERROR: 1, WARN: 2, INFO: 4, DEBUG: 5 } as unknown as typeof enums.logLevel

export type ConfigResourceTypes = enums.ConfigResourceTypes
export const ConfigResourceTypes = {
  UNKNOWN: 0,
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
} as unknown as typeof enums.ConfigResourceTypes

export type ConfigSource = enums.ConfigSource
export const ConfigSource = {
  UNKNOWN: 0,
  TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
} as unknown as typeof enums.ConfigSource

export type AclResourceTypes = enums.AclResourceTypes
export const AclResourceTypes = {
  UNKNOWN: 0,
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
} as unknown as typeof enums.AclResourceTypes

export type AclOperationTypes = enums.AclOperationTypes
export const AclOperationTypes = {
  UNKNOWN: 0,
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
} as unknown as typeof enums.AclOperationTypes

export type AclPermissionTypes = enums.AclPermissionTypes
export const AclPermissionTypes = { UNKNOWN: 0, ANY: 1, DENY: 2, ALLOW: 3 } as unknown as typeof enums.AclPermissionTypes

export type ResourcePatternTypes = enums.ResourcePatternTypes
export const ResourcePatternTypes = {
  UNKNOWN: 0,
  ANY: 1,
  MATCH: 2,
  LITERAL: 3,
  PREFIXED: 4,
} as unknown as typeof enums.ResourcePatternTypes
