// The configuration that holds now for this broker and for each topic: what was altered on the cluster over what the file said.

import type { BrokerConfig } from '../config/broker/index.ts'
import type { GroupConfig } from '../config/group.ts'
import type { BrokerLayers, Texts } from '../config/layers.ts'
import { brokerConfig, groupConfig, topicConfig } from '../config/resolve.ts'
import type { TopicConfig } from '../config/topic.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { ConfigResource } from '../metadata/resources.ts'

export class EffectiveConfigs {
  readonly #image: MetadataImage
  readonly #nodeId: number
  readonly #static: Texts
  readonly #topics = new Map<string, TopicConfig>()
  #layers: BrokerLayers
  #broker: BrokerConfig

  /** @param given what the file, the command line and the environment set */
  constructor(image: MetadataImage, nodeId: number, given: Texts) {
    this.#image = image
    this.#nodeId = nodeId
    this.#static = given
    this.#layers = this.#read()
    this.#broker = brokerConfig(this.#layers)
  }

  get layers(): BrokerLayers {
    return this.#layers
  }

  get broker(): BrokerConfig {
    return this.#broker
  }

  /** One object until something changes, so that others may keep what they made of it. */
  topic(name: string): TopicConfig {
    let config = this.#topics.get(name)
    if (!config) this.#topics.set(name, (config = topicConfig(this.#layers, this.#image.configsOf({ type: 'topic', name }))))
    return config
  }

  group(name: string): GroupConfig {
    return groupConfig(this.#layers, this.#image.configsOf({ type: 'group', name }))
  }

  /** Takes changes over. Gives the topics whose values may be others now; `all` after a change of the broker's own. */
  changed(resources: readonly ConfigResource[]): { readonly topics: readonly string[]; readonly all: boolean } {
    const all = resources.some(({ type }) => type === 'broker')
    const topics = resources.filter(({ type }) => type === 'topic').map(({ name }) => name)
    if (all) {
      this.#layers = this.#read()
      this.#broker = brokerConfig(this.#layers)
      this.#topics.clear()
    }
    for (const name of topics) this.#topics.delete(name)
    return { topics, all }
  }

  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  #read(): BrokerLayers {
    return {
      dynamicBroker: this.#image.configsOf({ type: 'broker', name: String(this.#nodeId) }),
      dynamicDefault: this.#image.configsOf({ type: 'broker', name: '' }),
      static: this.#static,
    }
  }
}
