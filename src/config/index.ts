// What other rooms take from here.

export { appended, subtracted } from './alter.ts'
export { type BrokerConfig, brokerConfigs } from './broker/index.ts'
export { type ClientMetricsConfig, clientMetricsConfigs } from './client-metrics.ts'
export {
  type DescribedConfig,
  type DescribedSynonym,
  describeBrokerConfig,
  describeBrokerDefaults,
  describeClientMetricsConfig,
  describeGroupConfig,
  describeTopicConfig,
  type Wanted,
} from './describe.ts'
export { ConfigError, type Refusal } from './error.ts'
export { type GroupConfig, groupConfigs } from './group.ts'
export type { Key, Table, Values } from './keys.ts'
export { type BrokerLayers, brokerKey, keyIn, noTexts, Source, staticLayers, type Texts } from './layers.ts'
export type { Endpoint, ListenerConfig, Listeners } from './listeners.ts'
export { type Given, type LoadedConfig, loadConfig } from './load.ts'
export type { Profile } from './profiles.ts'
export { brokerConfig, groupConfig, topicConfig } from './resolve.ts'
export { Secret } from './secret.ts'
export { type TopicConfig, topicConfigs } from './topic.ts'
export {
  type Changes,
  validateBrokerChanges,
  validateClientMetricsConfigs,
  validateGroupConfigs,
  validateTopicConfigs,
} from './validate.ts'
