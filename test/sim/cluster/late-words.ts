// What a leader asks of the controller is held up on its way, and what it was about has changed when it arrives.

import type { Link } from '../../../src/platform/sim/connection.ts'
import type { World } from '../../../src/platform/sim/world.ts'
import { AlterPartitionRequest } from '../../../src/protocol/messages/alter-partition.ts'
import type { Trouble } from '../nemesis.ts'
import type { ClusterNode } from './layout.ts'
import type { ClusterPrey } from './nemesis.ts'

const LOOK_MS = 50
const MOST_MS = 9000
/** How long the controller may act on what came late, before all see each other again. */
const AFTER_MS = 700
/** Behind the length of a request. */
const API_KEY_AT = 4

interface Actors {
  readonly topic: string
  readonly partition: number
  readonly leader: ClusterNode
  readonly leaderEpoch: number
  readonly follower: ClusterNode
  readonly controller: ClusterNode
}

/**
 * A follower falls behind and comes back, and its leader asks the controller to count it in. That word comes late: by then the follower is
 * fenced, and falls behind again. Mostly it comes late however often it is asked again; else what is asked again comes before it.
 */
export const lateWord: Trouble<ClusterPrey> = {
  name: 'a leader counts a follower in, and its word comes late',
  strike(prey) {
    const actors = busy.has(prey.world) ? null : pick(prey)
    if (!actors) return undefined
    busy.add(prey.world)
    const play = new LateWord(prey, actors)
    play.begin()
    return { ms: MOST_MS, end: () => play.end() }
  },
}

/** Where one is on its way: a second one would spoil it. */
const busy = new WeakSet<World>()

/** A partition whose leader, a follower of it and the controller are three nodes; null where there is none now. */
function pick({ nodes, truth, random }: ClusterPrey): Actors | null {
  const { controller, image } = truth
  if (!controller || !image) return null
  const nodeOf = (id: number) => nodes.find((node) => node.id === id && node.process)
  const all: Actors[] = []
  for (const { name: topic, partitions } of image.topics.values())
    for (const { partition, leader: leaderId, leaderEpoch, replicas, isr } of partitions) {
      const leader = nodeOf(leaderId)
      if (!leader || leader === controller || isr.length < 2) continue
      for (const id of replicas) {
        const follower = nodeOf(id)
        if (!follower || follower === leader || follower === controller) continue
        all.push({ topic, partition, leader, leaderEpoch, follower, controller })
      }
    }
  return all.length > 0 ? random.pick(all) : null
}

class LateWord {
  readonly #prey: ClusterPrey
  readonly #actors: Actors
  /** Connections on which it asked, oldest first: where nothing is answered it asks again over another one. */
  readonly #held: Link[] = []
  readonly #holdsAll: boolean
  /** Who does not see whom. */
  #apart: (readonly [ClusterNode, ClusterNode])[] = []
  #isOver = false

  constructor(prey: ClusterPrey, actors: Actors) {
    this.#prey = prey
    this.#actors = actors
    this.#holdsAll = prey.random.chance(0.7)
  }

  begin(): void {
    const { leader, follower } = this.#actors
    this.#apart = [[leader, follower]]
    this.#when(
      () => !this.#known!.isr.includes(follower.id),
      () => this.#catchUp(),
    )
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { world } = this.#prey
    busy.delete(world)
    world.network.onSend = null
    this.#letGo()
    world.network.mend()
  }

  get #known() {
    const { topic, partition } = this.#actors
    return this.#prey.truth.image?.partition(topic, partition)
  }

  /** Again and again: another trouble that ends brings all together. */
  #part(): void {
    const { network } = this.#prey.world
    for (const [{ machine: one }, { machine: other }] of this.#apart) {
      network.cut(one.name, other.name)
      network.cut(other.name, one.name)
    }
  }

  /** Does it as soon as it is true; gives up where somebody else leads by then. */
  #when(isTrue: () => boolean, act: () => void): void {
    this.#part()
    this.#prey.world.events.after(LOOK_MS, 'a look at a follower', () => {
      if (this.#isOver) return
      const { leaderEpoch, leader } = this.#actors
      if (this.#known?.leaderEpoch !== leaderEpoch || !leader.process) return this.end()
      if (isTrue()) act()
      else this.#when(isTrue, act)
    })
  }

  /** It has all again, and its leader says so. */
  #catchUp(): void {
    const { leader, controller } = this.#actors
    const { network, events } = this.#prey.world
    this.#apart = []
    network.mend()
    network.onSend = (link, bytes) => {
      const { process, remote } = link.client
      const isWord = process === leader.process && remote.host === controller.machine.name && isAlterPartition(bytes)
      if (!isWord || link.isHeld) return
      if (!this.#holdsAll) network.onSend = null
      link.isHeld = true
      this.#held.push(link)
      if (this.#held.length === 1) events.after(0, 'a word is held up', () => this.#change())
    }
  }

  #change(): void {
    const { truth, world } = this.#prey
    const { follower, leader, controller } = this.#actors
    world.events.saw('what a leader asked for came late')
    this.#apart = [
      [leader, follower],
      [follower, controller],
    ]
    this.#when(
      () => truth.image?.brokers.get(follower.id)?.fenced === true,
      () => this.#arrive(),
    )
  }

  #arrive(): void {
    this.#prey.world.network.onSend = null
    this.#letGo()
    this.#prey.world.events.after(AFTER_MS, 'a late word was heard', () => this.end())
  }

  #letGo(): void {
    for (const link of this.#held.splice(0)) link.letGo()
  }
}

function isAlterPartition(bytes: Uint8Array): boolean {
  const { byteOffset, byteLength, buffer } = bytes
  if (byteLength < API_KEY_AT + 2) return false
  return new DataView(buffer, byteOffset).getInt16(API_KEY_AT) === AlterPartitionRequest.apiKey
}
