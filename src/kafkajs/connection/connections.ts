// How the clients of one `Kafka` come to its brokers: the options that all of them share, and clusters made of them.

import { type ClientPlatform, Cluster } from '../../client/cluster/cluster.ts'
import { resolveOptions } from '../../client/options/resolve.ts'
import { defaultPlatform } from '../../client/platform.ts'
import { commonOptions } from '../../config/client/common.ts'
import type { RequestWatch } from '../../net/request-watch.ts'
import { socketNetwork, tlsNetwork } from '../../platform/node/sockets.ts'
import { KafkaJSConnectionError, KafkaJSNonRetriableError } from '../errors/classes.ts'
import { translated } from '../errors/translate.ts'
import { platformLogger } from '../logging.ts'
import { clusterRetry, type Retry, retryOf } from '../retry.ts'
import type { KafkaConfig, Logger } from '../types/index.ts'
import { loginOf, type SaslSettings } from './login.ts'
import { SentOffsets } from './sent-offsets.ts'

const CONNECTION_TIMEOUT_MS = 1000
const REQUEST_TIMEOUT_MS = 30_000
const METADATA_MAX_AGE_MS = 300_000
const NEVER_MS = 2 ** 31 - 1
const CLIENT_ID = 'kafkajs'

export interface ClusterNeeds {
  /** Of what the client does itself. */
  readonly retry: Retry
  readonly metadataMaxAge?: number | undefined
  readonly allowAutoTopicCreation?: boolean | undefined
  readonly maxInFlightRequests?: number | null | undefined
  readonly watch: RequestWatch
}

/** A cluster, and the same options as clients of it take them. */
export interface Connected {
  readonly cluster: Cluster
  readonly options: ReturnType<Connections['options']>
}

export class Connections {
  readonly platform: ClientPlatform
  readonly requestTimeoutMs: number
  readonly sentOffsets = new SentOffsets()
  /** Of connecting and of metadata: what `new Kafka` was given, whatever its clients are given. */
  readonly retry: Retry
  readonly #config: KafkaConfig
  readonly #login: SaslSettings | null

  /** Throws a KafkaJSNonRetriableError for a login, or a `retry`, that cannot be. */
  constructor(config: KafkaConfig, logger: Logger) {
    const platform = defaultPlatform()
    this.#config = config
    this.retry = retryOf(config.retry)
    this.#login = config.sasl ? loginOf(config.sasl, logger) : null
    this.platform = {
      ...platform,
      logger: platformLogger(logger),
      network: { ...platform.network, ...networkOf(config, platform) },
    }
    const { enforceRequestTimeout = true, requestTimeout = REQUEST_TIMEOUT_MS } = config
    this.requestTimeoutMs = enforceRequestTimeout ? requestTimeout : NEVER_MS
  }

  /** Asks the program for the brokers, where it gave a function. Nothing is connected yet. */
  async open(needs: ClusterNeeds): Promise<Connected> {
    const brokers = await this.#brokers()
    const options = this.options(brokers, needs)
    try {
      const cluster = new Cluster({
        platform: this.platform,
        options: resolveOptions(commonOptions, this.options(brokers, { ...needs, retry: this.retry }), []),
        createsTopics: needs.allowAutoTopicCreation ?? true,
        retry: clusterRetry(this.retry),
        watch: needs.watch,
        sasl: this.#login?.sasl,
        ...(needs.maxInFlightRequests ? { maxInFlight: needs.maxInFlightRequests } : {}),
      })
      return { cluster, options }
    } catch (thrown) {
      throw translated(thrown)
    }
  }

  options(brokers: readonly string[], { retry, metadataMaxAge = METADATA_MAX_AGE_MS }: ClusterNeeds) {
    const { clientId = CLIENT_ID, connectionTimeout = CONNECTION_TIMEOUT_MS } = this.#config
    const saslMechanism = this.#login?.saslMechanism
    return {
      bootstrapServers: brokers,
      clientId,
      requestTimeoutMs: this.requestTimeoutMs,
      retryBackoffMs: Math.round(retry.initialRetryTime),
      retryBackoffMaxMs: Math.round(retry.maxRetryTime),
      socketConnectionSetupTimeoutMs: connectionTimeout,
      socketConnectionSetupTimeoutMaxMs: connectionTimeout,
      metadataMaxAgeMs: metadataMaxAge,
      // TLS is the network's own here, with Node's options for it.
      securityProtocol: this.#login ? 'SASL_PLAINTEXT' : 'PLAINTEXT',
      ...(saslMechanism ? { saslMechanism } : {}),
    } as const
  }

  async #brokers(): Promise<readonly string[]> {
    const { brokers } = this.#config
    const list = typeof brokers === 'function' ? await asked(brokers) : brokers
    if (list === null || list === undefined) throw new KafkaJSNonRetriableError('Failed to connect: brokers should not be null')
    if (!Array.isArray(list) || list.length === 0) throw new KafkaJSNonRetriableError('Failed to connect: brokers array is empty')
    const wrong = list.findIndex((each) => typeof each !== 'string' || each === '')
    if (wrong >= 0)
      throw new KafkaJSNonRetriableError(`Failed to connect: broker at index ${wrong} is invalid "${typeof list[wrong]}"`)
    return list
  }
}

async function asked(brokers: () => string[] | Promise<string[]>): Promise<string[]> {
  try {
    return await brokers()
  } catch (thrown) {
    throw new KafkaJSConnectionError(`Failed to connect: "config.brokers" threw: ${(thrown as Error).message}`)
  }
}

function networkOf({ ssl, socketFactory }: KafkaConfig, { network }: ClientPlatform): Pick<ClientPlatform['network'], 'connect'> {
  const options = ssl === true ? {} : ssl || null
  if (socketFactory) {
    return socketNetwork(({ host, port }, onConnect) => {
      const socket = socketFactory({ host, port, ssl: options as NonNullable<typeof options>, onConnect })
      socket.setKeepAlive(true)
      return socket
    })
  }
  return options ? tlsNetwork(options) : network
}
