// What the controller asks about configurations, answered out of the configuration tables.

import { clientMetricsConfigs } from '../config/client-metrics.ts'
import { describeTopicConfig } from '../config/describe.ts'
import { ConfigError } from '../config/error.ts'
import { groupConfigs } from '../config/group.ts'
import type { Key } from '../config/keys.ts'
import { type BrokerLayers, brokerKey, keyIn, textOf } from '../config/layers.ts'
import { topicText } from '../config/resolve.ts'
import { topicConfigs } from '../config/topic.ts'
import {
  validateBrokerChanges,
  validateClientMetricsConfigs,
  validateGroupConfigs,
  validateTopicConfigs,
} from '../config/validate.ts'
import type { ConfigRules } from '../metadata/controller/config-rules.ts'
import type { ConfigResource } from '../metadata/resources.ts'
import { KafkaError } from '../protocol/errors.ts'

/** @param layers what is set for this broker now, without topics and groups */
export function configRules(layers: () => BrokerLayers): ConfigRules {
  return {
    validate(resource, values, changed) {
      try {
        validate(resource, values, changed)
      } catch (thrown) {
        throw thrown instanceof ConfigError ? new KafkaError(thrown.refusal, thrown.message, { cause: thrown }) : thrown
      }
    },
    isList: (resource, name) => keyFor(resource, name)?.type === 'list',
    defaultOf: (resource, name) => {
      const key = keyFor(resource, name)
      if (!key) return null
      return resource.type === 'broker' ? textOf(layers(), name) : topicText(layers(), new Map(), name, key)
    },
    describeTopic: (values) =>
      describeTopicConfig(layers(), values)
        .map(({ name, value, readOnly, source, isSensitive }) => ({ name, value, readOnly, configSource: source, isSensitive }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }

  function validate({ type, name }: ConfigResource, values: ReadonlyMap<string, string>, changed: ReadonlySet<string>): void {
    switch (type) {
      case 'topic':
        return validateTopicConfigs(layers(), values)
      case 'group':
        return validateGroupConfigs(layers(), values)
      case 'clientMetrics':
        return validateClientMetricsConfigs(values)
      case 'broker':
        return validateBrokerChanges(layers(), new Map([...changed].map((key) => [key, values.get(key) ?? null])), name !== '')
      case 'brokerLogger':
        throw new KafkaError('INVALID_REQUEST', 'log levels cannot be set while the broker runs; start with another log.level')
    }
  }
}

function keyFor({ type }: ConfigResource, name: string): Key | undefined {
  switch (type) {
    case 'topic':
      return keyIn(topicConfigs, name)
    case 'group':
      return keyIn(groupConfigs, name)
    case 'clientMetrics':
      return keyIn(clientMetricsConfigs, name)
    case 'broker':
      return brokerKey(name)
    case 'brokerLogger':
      return undefined
  }
}
