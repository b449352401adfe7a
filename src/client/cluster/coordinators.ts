// Which broker coordinates a group or a transactional id, asked for once and forgotten when it turns out to be another one.

import type { Exchange } from '../../net/peer.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../protocol/messages/find-coordinator.ts'
import { brokerError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { Nodes } from './nodes.ts'
import type { Retries } from './retries.ts'

const FIND: Exchange<FindCoordinatorRequest, FindCoordinatorResponse> = {
  request: FindCoordinatorRequest,
  response: FindCoordinatorResponse,
}

/** What is coordinated, by its number on the wire. */
export const coordinatorTypes = { group: 0, transaction: 1, share: 2 } as const
export type CoordinatorType = keyof typeof coordinatorTypes

/** From then on many keys are asked for at once, and the answer is a list. */
const FIRST_WITH_KEYS = 4

export class Coordinators {
  readonly #nodes: Nodes
  readonly #retries: Retries
  readonly #known = new Map<string, number>()

  constructor(nodes: Nodes, retries: Retries) {
    this.#nodes = nodes
    this.#retries = retries
  }

  /** The id of the broker; asks until one is named. Throws what the brokers say where asking again does not help. */
  async find(type: CoordinatorType, key: string, patience: Patience): Promise<number> {
    const name = `${type} ${key}`
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const id = await this.#retries.run(patience, () => this.#ask(type, key, patience))
    this.#known.set(name, id)
    return id
  }

  /** It is not the one that is known, or cannot be reached: asked for again when it is needed. */
  forget(type: CoordinatorType, key: string): void {
    this.#known.delete(`${type} ${key}`)
  }

  async #ask(type: CoordinatorType, key: string, patience: Patience): Promise<number> {
    const what = `the coordinator of ${type} ${key}`
    const answer = await this.#retries.askAny(
      'data',
      FIND,
      (version) => {
        const keyType = coordinatorTypes[type]
        return version < FIRST_WITH_KEYS ? { key, keyType } : { keyType, coordinatorKeys: [key] }
      },
      patience,
    )
    const found = answer.coordinators[0] ?? answer
    if (found.errorCode !== 0) throw brokerError(found.errorCode, what, found.errorMessage)
    this.#nodes.learn(found.nodeId, { host: found.host, port: found.port })
    return found.nodeId
  }
}
