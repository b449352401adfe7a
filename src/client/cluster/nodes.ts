// The brokers of a cluster, and the connections to them: one a purpose, so that what waits long at a broker holds up nothing else.

import { BufferPool } from '../../base/buffer-pool.ts'
import { FrameMemory } from '../../net/frame-memory.ts'
import { type Greet, Peer } from '../../net/peer.ts'
import type { RequestWatch } from '../../net/request-watch.ts'
import type { Address } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'
import { Node } from './node.ts'

/** What a connection is for. */
export type Purpose = 'data' | 'coordinator' | 'join' | 'admin'

export interface NodesOptions {
  readonly platform: Pick<Platform, 'clock' | 'random'>
  /** How connections are made: plain, or with TLS. */
  readonly network: Pick<Platform['network'], 'connect'>
  /** How a new connection says who this is; missing: it does not. */
  readonly greet?: Greet | undefined
  readonly clientId: string
  readonly bootstrap: readonly Address[]
  readonly requestTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly connectTimeoutMaxMs: number
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  /** Missing: connections stay. */
  readonly maxIdleMs?: number | undefined
  /** Requests on their way at once on a connection. */
  readonly maxInFlight: number
  /** A connection was lost or refused. */
  readonly onLost: () => void
  /** Hears of every request. */
  readonly watch?: RequestWatch | undefined
}

/** What is kept of answers whose records were read: two of those that a consumer asks for by default, and smaller ones. */
const IDLE_BYTES = 12 * 1024 * 1024
/** An answer has all of its room at once, and is not copied as it grows. No broker sends more than it is asked for. */
const USUAL_BYTES = 64 * 1024 * 1024

interface Kept {
  readonly peer: Peer
  readonly node: Node
}

export class Nodes {
  readonly #options: NodesOptions
  #addresses: ReadonlyMap<number, Address> = new Map()
  /** By id and purpose; bootstrap servers by their place in the list. */
  readonly #kept = new Map<string, Kept>()
  /** Of answers with records; who asks for them says when they were read. */
  readonly #dataMemory = new FrameMemory(new BufferPool(IDLE_BYTES), USUAL_BYTES)
  #isOver = false

  constructor(options: NodesOptions) {
    this.#options = options
  }

  get ids(): readonly number[] {
    return [...this.#addresses.keys()]
  }

  /** The broker with this id, whether it can be reached or not: who asks is told. */
  node(id: number, purpose: Purpose = 'data'): Node {
    const memory = purpose === 'data' ? this.#dataMemory : undefined
    return this.#keep(`${id} ${purpose}`, id, () => this.#addresses.get(id) ?? null, memory)
  }

  /** The servers that the client was given. */
  bootstrap(): readonly Node[] {
    return this.#options.bootstrap.map((address, at) => this.#keep(`bootstrap ${at}`, null, () => address))
  }

  /** Nodes to ask what any of them answers: the least busy first, those that failed a moment ago last, and all of the bootstrap servers behind. */
  candidates(purpose: Purpose, withBootstrap: boolean): readonly Node[] {
    const { random } = this.#options.platform
    const known = this.ids.map((id) => this.node(id, purpose)).map((node) => ({ node, order: random.next() }))
    known.sort((a, b) => a.node.pauseMs - b.node.pauseMs || a.node.askers - b.node.askers || a.order - b.order)
    return [...known.map(({ node }) => node), ...(withBootstrap || known.length === 0 ? this.bootstrap() : [])]
  }

  /** Where the brokers are now: a connection to another place than before is given up, and so are those to brokers that are gone. */
  update(addresses: ReadonlyMap<number, Address>): void {
    const before = this.#addresses
    this.#addresses = addresses
    for (const [name, { node, peer }] of this.#kept) {
      if (node.id === null) {
        // From now on the brokers themselves are asked.
        if (addresses.size > 0 && peer.askers === 0) this.#drop(name, peer)
        continue
      }
      const now = addresses.get(node.id)
      const then = before.get(node.id)
      if (!now) this.#drop(name, peer)
      else if (then && (then.host !== now.host || then.port !== now.port)) peer.reset()
    }
  }

  /** One more broker that somebody has told of. */
  learn(id: number, address: Address): void {
    const known = this.#addresses.get(id)
    if (known?.host === address.host && known.port === address.port) return
    this.update(new Map(this.#addresses).set(id, address))
  }

  /** Nothing is known any more but the bootstrap servers. */
  forget(): void {
    this.update(new Map())
  }

  /** Ends all connections; whoever waits is refused, and so is everybody who asks from then on. */
  close(): void {
    this.#isOver = true
    for (const { peer } of this.#kept.values()) peer.close()
  }

  #drop(name: string, peer: Peer): void {
    peer.close()
    this.#kept.delete(name)
  }

  #keep(name: string, id: number | null, address: () => Address | null, memory?: FrameMemory): Node {
    const known = this.#kept.get(name)
    if (known) return known.node
    const { platform, greet, maxIdleMs, onLost, watch, ...options } = this.#options
    const peer = new Peer({
      ...platform,
      ...options,
      address,
      asksVersions: true,
      ...(greet ? { greet } : {}),
      ...(maxIdleMs === undefined ? {} : { maxIdleMs }),
      ...(watch ? { watch } : {}),
      ...(memory ? { memory } : {}),
    })
    if (this.#isOver) peer.close()
    const node = new Node({ id, peer, address, onLost })
    this.#kept.set(name, { peer, node })
    return node
  }
}
