// A producer in virtual time, and the one broker that it talks to, which does what a test asks for.

import assert from 'node:assert/strict'
import { Producer, type ProducerConfig } from '../../src/client/producer/producer.ts'
import { World } from '../../src/platform/sim/world.ts'
import { PretendCoordinator } from './pretend-coordinator.ts'
import { PretendLeader } from './pretend-leader.ts'

type Options = Partial<ProducerConfig<Uint8Array | string | null, Uint8Array | string | null>>

/** `level` is that of transaction.version; without it nobody coordinates transactions. */
export function producerScene(
  options: Options = {},
  { partitions = 1, seed = 1, level }: { partitions?: number; seed?: number; level?: 1 | 2 } = {},
) {
  const world = new World({ seed, turn: () => new Promise(setImmediate) })
  const coordinator = new PretendCoordinator(level ?? 2)
  const leader = new PretendLeader(world.machine('leader'), { partitions, coordinator: level ? coordinator : null })
  const process = world.machine('client').start()
  const { platform } = process
  const id = level ? { transactionalId: 'tx' } : {}
  const producer = new Producer({ bootstrapServers: 'leader:9092', requestTimeoutMs: 2000, platform, ...id, ...options })
  async function during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await world.events.run(world.events.now + 600_000, () => isOver)
    assert.ok(isOver, 'it hangs')
    return promise
  }
  /** Lets time pass. */
  const pass = (ms: number) => world.events.run(world.events.now + ms, () => false)
  return { world, process, leader, coordinator, producer, during, pass }
}

/** Each record is a batch of its own, so that many are on their way. */
export const SMALL = { batchSize: 0, lingerMs: 0 }
