// An admin client and a broker that answers what a test tells it to, in virtual time.

import assert from 'node:assert/strict'
import { Admin } from '../../src/client/admin/admin.ts'
import { World } from '../../src/platform/sim/world.ts'
import type { ApiName } from '../../src/protocol/api.ts'
import { AnsweringBroker } from './answering-broker.ts'

export interface SceneOptions {
  /** The client is told that the broker is a controller. */
  readonly asksControllers?: boolean
  /** What the test gives answers for later than at the beginning. */
  readonly serves?: readonly ApiName[]
}

export interface AdminScene {
  readonly broker: AnsweringBroker
  readonly admin: Admin
  /** Lets the world run until the promise settles. */
  during<T>(promise: Promise<T>): Promise<T>
}

export async function adminScene({ asksControllers = false, serves = [] }: SceneOptions = {}): Promise<AdminScene> {
  const world = new World({ seed: 1, turn: () => new Promise(setImmediate) })
  const broker = new AnsweringBroker(world.machine('broker'), serves)
  const { platform } = world.machine('client').start()
  const entrance = asksControllers ? { bootstrapControllers: 'broker:9092' } : { bootstrapServers: 'broker:9092' }
  const admin = new Admin({ ...entrance, platform, defaultApiTimeoutMs: 20_000, requestTimeoutMs: 2000 })
  async function during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    // What is computed beside the event loop does so in real time.
    for (let i = 0; i < 1000 && !(await world.events.run(world.events.now + 600_000, () => isOver)); i++) {
      await new Promise((resume) => setTimeout(resume, 1))
    }
    assert.ok(isOver, 'it hangs')
    return promise
  }
  await during(broker.open())
  return { broker, admin, during }
}
