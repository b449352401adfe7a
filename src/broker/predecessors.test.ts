// One controller, and two processes that both want to be one broker, on simulated machines.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directory, TestController } from '../../test/support/test-controller.ts'
import type { Registration } from '../metadata/controller/brokers.ts'
import { World } from '../platform/sim/world.ts'
import { Predecessors } from './predecessors.ts'

const BROKER = 2
/** As TestController registers every broker. */
const HOST = 'h'
const PORT = 9092

interface Scene {
  /** The controller's. */
  readonly nodeId?: number
  readonly speaks?: boolean
  /** Whether somebody listens where the first process was registered. */
  readonly listens?: boolean
  /** What the second process brings, where that differs from the first. */
  readonly port?: number
  readonly logDirs?: readonly string[]
}

async function hasEnded({ nodeId = 1, speaks = false, listens = false, port = PORT, logDirs }: Scene): Promise<boolean> {
  const world = new World({ seed: 7, turn: () => new Promise(setImmediate) })
  const { platform } = world.machine('controller').start()
  const { network } = world.machine(HOST).start().platform
  if (listens) await network.listen({ host: HOST, port: PORT }, () => {})
  const predecessors = new Predecessors({
    ...platform,
    watch: { speaks: () => speaks, hasShownItself: async () => speaks },
    nodeId,
    heartbeatMs: 2000,
    listener: 'PLAINTEXT',
  })
  const registered = TestController.withBrokers(1, BROKER).controller.image.brokers.get(BROKER)!
  const successor = {
    logDirs: logDirs ?? [directory(BROKER)],
    listeners: [{ name: 'PLAINTEXT', host: HOST, port, securityProtocol: 0 }],
  } as unknown as Registration
  let found: boolean | null = null
  void predecessors.hasEnded(registered, successor).then((is) => (found = is))
  assert.ok(await world.events.run(world.events.now + 5000, () => found !== null))
  return found!
}

test('the process before has ended where the next one has its directory and its address', async () => {
  assert.equal(await hasEnded({}), true)
  assert.equal(await hasEnded({ listens: true }), true, 'the next one listens there')
  assert.equal(await hasEnded({ logDirs: [directory(7), directory(BROKER)] }), true, 'a disk was added')
})

test('it has ended where the next one has its directory, and nobody listens at its address', async () => {
  assert.equal(await hasEnded({ port: 9999 }), true)
  assert.equal(await hasEnded({ port: 9999, listens: true }), false, 'the directory is a copy')
})

test('another directory proves nothing, and who is on a connection lives', async () => {
  assert.equal(await hasEnded({ logDirs: [directory(7)] }), false)
  assert.equal(await hasEnded({ port: 9999, logDirs: [directory(7)] }), false)
  assert.equal(await hasEnded({ speaks: true }), false)
  assert.equal(await hasEnded({ nodeId: BROKER }), false, 'it is this very process')
})
