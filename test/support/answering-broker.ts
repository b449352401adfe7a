// A broker of a simulated cluster that answers what a test tells it to, API by API: for what clients do with answers that a real one gives seldom.

import { ByteReader } from '../../src/base/bytes.ts'
import { FrameWriter } from '../../src/net/frame.ts'
import { serve } from '../../src/net/listener.ts'
import type { Request } from '../../src/net/request.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import type { Machine } from '../../src/platform/sim/world.ts'
import { type ApiName, api, apiByKey } from '../../src/protocol/api.ts'
import { readRequestHeader, writeResponseHeader } from '../../src/protocol/header.ts'
import { codec } from '../../src/protocol/schema.ts'

/** The body of an answer; what is left out has its initial value. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows what it asks for
export type Answering = (request: any, version: number) => object

const connectionLimits = {
  maxConnections: 99,
  maxConnectionsPerIp: 99,
  perIpOverrides: new Map(),
  maxCreationRate: 1e6,
  listeners: new Map(),
}
const channelLimits = {
  maxFrameBytes: 1e8,
  maxPendingRequests: 50,
  maxPendingBytes: 1e8,
  maxUnsentBytes: 1e8,
  maxIdleMs: -1,
  maxStallMs: -1,
}

export class AnsweringBroker {
  /** What it serves, and how: a test adds to it. */
  readonly answers: Partial<Record<ApiName, Answering>>
  /** The newest version that it serves, where that is not Kafka's. */
  readonly newest: Partial<Record<ApiName, number>> = {}
  /** What it was asked, without the first words on a connection. */
  readonly asked: { readonly api: ApiName; readonly version: number; readonly request: unknown }[] = []
  readonly #machine: Machine
  readonly #port = 9092

  /**
   * The only one of its cluster: it is controller, leads every partition and coordinates everything. It tells clients that it serves what it has an answer
   * for when they connect, and `serves`, whose answers come later.
   */
  constructor(machine: Machine, serves: readonly ApiName[] = []) {
    this.#machine = machine
    const { name: host } = machine
    const self = { nodeId: 1, host, port: this.#port }
    const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, leaderId: 1, replicaNodes: [1], isrNodes: [1] }))
    this.answers = {
      ApiVersions: () => ({
        apiKeys: [...new Set([...serves, ...(Object.keys(this.answers) as ApiName[])])].map((name) => {
          const { key, served } = api(name)
          return { apiKey: key, minVersion: served.min, maxVersion: this.newest[name] ?? served.max }
        }),
      }),
      Metadata: ({ topics }) => ({
        brokers: [self],
        clusterId: 'pretended',
        controllerId: 1,
        topics: (topics ?? []).map(({ name }: { name: string }) => ({ name, partitions })),
      }),
      FindCoordinator: ({ coordinatorKeys }) => ({ coordinators: coordinatorKeys.map((key: string) => ({ key, ...self })) }),
    }
  }

  open() {
    return serve({
      ...this.#machine.start().platform,
      logger: silentLogger,
      listeners: [{ name: 'PLAINTEXT', address: { host: this.#machine.name, port: this.#port } }],
      sink: { mayOverlap: () => true, receive: (request) => this.#receive(request) },
      channelLimits,
      connectionLimits: () => connectionLimits,
      maxRequestBytes: 1e9,
    })
  }

  #receive(request: Request): void {
    const from = new ByteReader(Buffer.from(request.bytes))
    const header = readRequestHeader(from)
    const { name, ...messages } = apiByKey(header.apiKey)!
    const version = header.apiVersion
    const answer = this.answers[name]
    if (!answer) return request.channel.close(`${name} is not served`)
    const body = codec(messages.request, version).read(from)
    if (name !== 'ApiVersions') this.asked.push({ api: name, version, request: body })
    const to = new FrameWriter()
    writeResponseHeader(to, header)
    codec(messages.response, version).write(to, answer(body, version))
    request.answer(to.frame())
  }
}
