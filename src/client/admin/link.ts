// How the admin client asks: any broker, the one that leads the controllers, a certain one, or a coordinator; again where that helps, until its time is over.

import type { Exchange, SendOptions } from '../../net/peer.ts'
import { errorCode } from '../../protocol/errors.ts'
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { controllerEndpoints } from '../cluster/controllers.ts'
import type { CoordinatorType } from '../cluster/coordinators.ts'
import type { Body, Node } from '../cluster/node.ts'
import { brokerError, ClientError, UnsupportedError } from '../errors/index.ts'
import { isRetriable, type Patience } from '../patience.ts'

export interface CallOptions {
  /** Missing: `defaultApiTimeoutMs`. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TopicLeaders {
  readonly errorCode: number
  readonly leaderOf: ReadonlyMap<number, number>
}

interface Answer {
  readonly errorCode?: number
  readonly errorMessage?: string | null
}

const METADATA: Exchange<MetadataRequest, MetadataResponse> = { request: MetadataRequest, response: MetadataResponse }
const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')
/** What one that is not the controller any more says: of a change, and of the metadata log itself. */
const ELSEWHERE: ReadonlySet<number | undefined> = new Set([NOT_CONTROLLER, errorCode('NOT_LEADER_OR_FOLLOWER')])
/** Of what brokers alone do, controllers serve no version (KIP-919); in Kafka's words. */
const ONLY_BROKERS = 'This Admin API is not yet supported when communicating directly with the controller quorum.'

export class Link {
  readonly cluster: Cluster
  readonly #timeoutMs: number

  constructor(cluster: Cluster, timeoutMs: number) {
    this.cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  patience(what: string, { timeoutMs = this.#timeoutMs, signal }: CallOptions = {}): Patience {
    return this.cluster.patience(what, { timeoutMs, signal })
  }

  /** Milliseconds that a broker may take for it. */
  timeoutMs(patience: Patience): number {
    return Math.max(1, Math.floor(Math.min(this.cluster.options.requestTimeoutMs, patience.leftMs)))
  }

  /** What `attempt` gives, made again where that helps. */
  retry<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
    return this.cluster.retries.run(patience, attempt)
  }

  /** Asks any broker; of controllers the active one, as the others know less. An error of the answer as a whole is thrown. */
  any<Req, Res extends object>(exchange: Exchange<Req, Res>, body: Body<Req>, patience: Patience): Promise<Res> {
    if (this.cluster.asksControllers) return this.controller(exchange, body, patience)
    return this.retry(patience, async () => checked(await this.cluster.askAny(exchange, body, patience, 'admin'), patience.what))
  }

  /** Asks the one that the brokers name as their controller: in older clusters nobody else does what it is asked to. */
  controller<Req, Res extends object>(exchange: Exchange<Req, Res>, body: Body<Req>, patience: Patience): Promise<Res> {
    return this.retry(patience, async () => {
      const { controllerId } =
        this.cluster.metadata.controllerId === null ? await this.cluster.refresh(patience) : this.cluster.metadata
      if (controllerId === null) throw brokerError(NOT_CONTROLLER, patience.what)
      const answer = await this.send(this.cluster.node(controllerId, 'admin'), exchange, body, patience)
      if (isElsewhere(answer)) {
        await this.cluster.refresh(patience)
        throw brokerError(NOT_CONTROLLER, patience.what)
      }
      return checked(answer, patience.what)
    })
  }

  /** Asks this broker. */
  broker<Req, Res extends object>(id: number, exchange: Exchange<Req, Res>, body: Body<Req>, patience: Patience): Promise<Res> {
    return this.retry(patience, async () => {
      if (!this.cluster.metadata.brokers.has(id)) await this.cluster.refresh(patience)
      return checked(await this.send(this.cluster.node(id, 'admin'), exchange, body, patience), patience.what)
    })
  }

  /**
   * Asks all brokers, and all of them again where one cannot answer: it may have left the cluster, and others have by then what it had. By their ids.
   */
  allBrokers<Req, Res extends object>(
    exchange: Exchange<Req, Res>,
    body: Body<Req>,
    patience: Patience,
  ): Promise<ReadonlyMap<number, Res>> {
    const ask = async (id: number) =>
      [id, checked(await this.send(this.cluster.node(id, 'admin'), exchange, body, patience), patience.what)] as const
    return this.retry(patience, async () => new Map(await Promise.all((await this.#brokerIds(patience)).map(ask))))
  }

  /** Asks the coordinator; `attempt` throws what its answer says, and is made again with the next coordinator where this is not it any more. */
  coordinator<T>(type: CoordinatorType, key: string, patience: Patience, attempt: (node: Node) => Promise<T>): Promise<T> {
    return this.retry(patience, async () => {
      const node = await this.cluster.coordinator(type, key, patience)
      try {
        return await attempt(node)
      } catch (thrown) {
        if (thrown instanceof ClientError) this.cluster.heedCoordinator(type, key, thrown)
        throw thrown
      }
    })
  }

  async send<Req, Res>(
    node: Node,
    exchange: Exchange<Req, Res>,
    body: Body<Req>,
    patience: Patience,
    more: SendOptions = {},
  ): Promise<Res> {
    try {
      return await node.send(exchange, body, { ...this.cluster.retries.within(patience), ...more })
    } catch (thrown) {
      if (!this.cluster.asksControllers || !(thrown instanceof UnsupportedError)) throw thrown
      throw new UnsupportedError('UNSUPPORTED_VERSION', ONLY_BROKERS, { cause: thrown })
    }
  }

  /** The leaders of all partitions of these topics, asked for now; -1 stands for none. */
  async topicsNow(names: readonly string[], patience: Patience): Promise<Map<string, TopicLeaders>> {
    const { topics, brokers } = await this.any(
      METADATA,
      { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false },
      patience,
    )
    if (brokers.some(({ nodeId }) => !this.cluster.metadata.brokers.has(nodeId))) await this.cluster.refresh(patience)
    return new Map(
      topics.map(({ name, errorCode: code, partitions }) => [
        name!,
        { errorCode: code, leaderOf: new Map(partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])) },
      ]),
    )
  }

  /** Throws where the version on the wire is older than what is asked for. */
  needs(version: number, since: number, what: string): void {
    if (version < since) throw new UnsupportedError('UNSUPPORTED_VERSION', `the broker is too old for ${what}`)
  }

  /** Of which nodes a DescribeCluster asks. */
  endpoints(version: number): { readonly endpointType?: number } {
    return this.cluster.asksControllers ? controllerEndpoints(version) : {}
  }

  /** The brokers as they are now. */
  async #brokerIds(patience: Patience): Promise<readonly number[]> {
    return [...(await this.cluster.refresh(patience)).brokers.keys()].sort((a, b) => a - b)
  }
}

/** As a ClientError; a bug of ours is none, and goes on. */
export function clientErrorOf(thrown: unknown): ClientError {
  if (thrown instanceof ClientError) return thrown
  throw thrown
}

export { isRetriable }

/** What an answer says of the one thing that it was asked for. */
export function onlyOne<T>(items: readonly T[], what: string): T {
  const [item] = items
  if (item === undefined) throw new ClientError('MALFORMED_ANSWER', `the answer does not speak of ${what}`)
  return item
}

/** Another one is the controller by now: an answer says so of all, or of any of the things in it. */
function isElsewhere(answer: object): boolean {
  if (ELSEWHERE.has((answer as Answer).errorCode)) return true
  return Object.values(answer).some(
    (items) => Array.isArray(items) && items.some((item) => typeof item === 'object' && item !== null && isElsewhere(item)),
  )
}

function checked<Res extends object>(answer: Res, what: string): Res {
  const { errorCode: code = 0, errorMessage } = answer as Answer
  if (code !== 0) throw brokerError(code, what, errorMessage)
  return answer
}
