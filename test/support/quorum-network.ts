// Requests between simulated members of a metadata quorum: bytes as on the wire, late, lost, twice, or not at all.

import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { ConnectRefused } from '../../src/platform/network.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import type { SeededRandom } from '../../src/platform/sim/random.ts'
import type { World } from '../../src/platform/sim/world.ts'
import { codec } from '../../src/protocol/codec.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import * as add from '../../src/protocol/messages/add-raft-voter.ts'
import * as apiVersions from '../../src/protocol/messages/api-versions.ts'
import * as begin from '../../src/protocol/messages/begin-quorum-epoch.ts'
import * as end from '../../src/protocol/messages/end-quorum-epoch.ts'
import * as fetch from '../../src/protocol/messages/fetch.ts'
import * as snapshot from '../../src/protocol/messages/fetch-snapshot.ts'
import * as remove from '../../src/protocol/messages/remove-raft-voter.ts'
import * as update from '../../src/protocol/messages/update-raft-voter.ts'
import * as vote from '../../src/protocol/messages/vote.ts'
import type { Message } from '../../src/protocol/schema.ts'
import type { Peer, QuorumApi, QuorumApis, QuorumPeers } from '../../src/raft/peers.ts'
import type { QuorumService } from '../../src/raft/quorum-service.ts'

export interface Weather {
  /** The longest ordinary way of a message. */
  wayMs: number
  lossShare: number
  twiceShare: number
  /** Of messages that take up to `lateMs`. */
  lateShare: number
  lateMs: number
}

export const calm: Weather = { wayMs: 5, lossShare: 0, twiceShare: 0, lateShare: 0, lateMs: 0 }

/** One that listens: while its process lives, it answers. */
export interface Member {
  readonly id: number
  readonly process: SimProcess
  readonly service: QuorumService
}

// biome-ignore lint/suspicious/noExplicitAny: a table of all kinds of messages
type Wire = readonly [version: number, request: Message<any>, response: Message<any>]
const WIRES: Record<QuorumApi, Wire> = {
  Vote: [2, vote.VoteRequest, vote.VoteResponse],
  BeginQuorumEpoch: [1, begin.BeginQuorumEpochRequest, begin.BeginQuorumEpochResponse],
  EndQuorumEpoch: [1, end.EndQuorumEpochRequest, end.EndQuorumEpochResponse],
  Fetch: [18, fetch.FetchRequest, fetch.FetchResponse],
  FetchSnapshot: [1, snapshot.FetchSnapshotRequest, snapshot.FetchSnapshotResponse],
  AddRaftVoter: [1, add.AddRaftVoterRequest, add.AddRaftVoterResponse],
  RemoveRaftVoter: [0, remove.RemoveRaftVoterRequest, remove.RemoveRaftVoterResponse],
  UpdateRaftVoter: [0, update.UpdateRaftVoterRequest, update.UpdateRaftVoterResponse],
  ApiVersions: [4, apiVersions.ApiVersionsRequest, apiVersions.ApiVersionsResponse],
}

/** Before the answer of a connection that is refused. */
const REFUSED_MS = 1

export class QuorumNetwork {
  weather: Weather = { ...calm }
  readonly #world: World
  readonly #random: SeededRandom
  readonly #members = new Map<string, Member>()
  /** Who waits for an answer of a host, or has had one. */
  readonly #asking = new Map<string, Set<(why: Error) => void>>()
  /** Ways that nothing gets through: `from>to`. */
  readonly #closed = new Set<string>()
  /** What nobody serves, and how often it was asked for. */
  readonly unserved = new Map<QuorumApi, number>()
  /** Hears every request as it leaves, and every answer as it does. */
  onMessage: (from: number, to: number, api: QuorumApi, request: unknown, response: unknown | null) => void = () => {}

  constructor(world: World) {
    this.#world = world
    this.#random = world.random.fork()
  }

  listen(member: Member): void {
    this.#members.set(hostOf(member.id), member)
  }

  /** Nothing from `from` reaches `to`. */
  close(from: number, to: number): void {
    this.#closed.add(`${from}>${to}`)
  }

  openAll(): void {
    this.#closed.clear()
  }

  /** How one process reaches the others. */
  of(id: number, process: SimProcess): QuorumPeers {
    return {
      send: <A extends QuorumApi>(to: Peer, api: A, request: QuorumApis[A]['request']) =>
        new Promise<QuorumApis[A]['response']>((resolve, reject) => {
          const times = this.unserved.get(api)
          if (times !== undefined) {
            this.unserved.set(api, times + 1)
            return reject(new KafkaError('UNSUPPORTED_VERSION', `the other node serves no version of ${api}`))
          }
          const [version, requests, responses] = WIRES[api]
          const bytes = encoded(requests, version, request)
          this.#askers(to.host).add(reject)
          this.#travel(id, to.host, process, () => {
            const member = this.#members.get(to.host)
            if (!member?.process.isAlive) {
              const refuse = () => reject(new ConnectRefused(`${to.host} refused`))
              // A machine without power says nothing at all.
              if (member?.process.machine.isUp) this.#world.events.after(REFUSED_MS, 'refused', refuse, process)
              return
            }
            const heard = decoded(requests, version, bytes) as QuorumApis[A]['request']
            ask(member.service, api, heard).then(
              (response) => {
                this.onMessage(id, member.id, api, heard, response)
                const back = encoded(responses, version, response)
                this.#travel(member.id, hostOf(id), process, () => resolve(decoded(responses, version, back) as never))
              },
              (why) => this.#travel(member.id, hostOf(id), process, () => reject(why)),
            )
          })
        }),
    }
  }

  /** The process of that member ended: its system ends the connections of those who wait for it. */
  lost(id: number): void {
    const { events } = this.#world
    for (const reject of this.#askers(hostOf(id)))
      events.after(REFUSED_MS, 'reset', () => reject(new Error(`${hostOf(id)} closed the connection`)))
    this.#asking.delete(hostOf(id))
  }

  #askers(host: string): Set<(why: Error) => void> {
    const known = this.#asking.get(host) ?? new Set()
    this.#asking.set(host, known)
    return known
  }

  /** Where a dead process would act, or hear, nothing happens. */
  #travel(from: number, to: string, process: SimProcess, arrive: () => void): void {
    const { events } = this.#world
    const { wayMs, lossShare, twiceShare, lateShare, lateMs } = this.weather
    const target = this.#members.get(to)
    const owner = target && target.id !== from && target.process.isAlive ? target.process : process
    const go = () => {
      if (this.#closed.has(`${from}>${idOf(to)}`) || this.#random.chance(lossShare)) return
      const ms = this.#random.chance(lateShare) ? this.#random.next() * lateMs : 0.1 + this.#random.next() * wayMs
      events.after(ms, `${from} to ${to}`, arrive, owner)
    }
    go()
    if (this.#random.chance(twiceShare)) go()
  }
}

export function hostOf(id: number): string {
  return `node-${id}`
}

function idOf(host: string): number {
  return Number(host.slice('node-'.length))
}

/** What a controller says of itself, as far as a quorum asks. */
const VERSIONS = {
  errorCode: 0,
  apiKeys: [{ apiKey: vote.VoteRequest.apiKey!, minVersion: 0, maxVersion: 2 }],
  throttleTimeMs: 0,
  supportedFeatures: [{ name: 'kraft.version', minVersion: 0, maxVersion: 1 }],
  finalizedFeaturesEpoch: -1,
  finalizedFeatures: [],
  zkMigrationReady: false,
}

function ask<A extends QuorumApi>(service: QuorumService, api: A, request: QuorumApis[A]['request']): Promise<unknown> {
  switch (api) {
    case 'Vote':
      return service.vote(request as vote.VoteRequest)
    case 'BeginQuorumEpoch':
      return service.beginQuorumEpoch(request as begin.BeginQuorumEpochRequest)
    case 'EndQuorumEpoch':
      return service.endQuorumEpoch(request as end.EndQuorumEpochRequest)
    case 'Fetch':
      return service.fetch(request as fetch.FetchRequest)
    case 'FetchSnapshot':
      return service.fetchSnapshot(request as snapshot.FetchSnapshotRequest)
    case 'AddRaftVoter':
      return service.addRaftVoter(request as add.AddRaftVoterRequest)
    case 'RemoveRaftVoter':
      return service.removeRaftVoter(request as remove.RemoveRaftVoterRequest)
    case 'UpdateRaftVoter':
      return service.updateRaftVoter(request as update.UpdateRaftVoterRequest)
    default:
      return Promise.resolve(VERSIONS)
  }
}

function encoded<T>(message: Message<T>, version: number, value: T): Uint8Array {
  const to = new ByteWriter(256)
  codec(message, version).write(to, value as never)
  return Uint8Array.from(to.toBytes())
}

function decoded<T>(message: Message<T>, version: number, bytes: Uint8Array): T {
  return codec(message, version).read(new ByteReader(Uint8Array.from(bytes)))
}
