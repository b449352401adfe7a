// One controller and one broker on two simulated machines.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestController } from '../../test/support/test-controller.ts'
import { type Machine, World } from '../platform/sim/world.ts'
import { BrokerWatch } from './broker-watch.ts'
import type { Command } from './controller-channel.ts'

const BROKER = 2
/** As TestController registers every broker. */
const HOST = 'h'
const PORT = 9092
const SESSION_MS = 9000

class Rig {
  readonly world = new World({ seed: 5, turn: () => new Promise(setImmediate) })
  readonly machine: Machine = this.world.machine(HOST)
  readonly #house = TestController.withBrokers(1, BROKER)
  readonly watch: BrokerWatch
  broker = this.machine.start()
  #isActive = true
  #onActive: () => void = () => {}

  constructor() {
    const { platform } = this.world.machine('controller').start()
    const rig = this
    this.watch = new BrokerWatch({
      ...platform,
      controller: {
        get isActive() {
          return rig.#isActive
        },
        onActive: (run) => {
          this.#onActive = run
        },
        decide: async <T>(command: Command<T>) => this.#house.run(command),
      },
      image: this.#house.controller.image,
      nodeId: 1,
      listener: 'PLAINTEXT',
      sessionMs: SESSION_MS,
    })
  }

  async listens(): Promise<void> {
    await this.broker.platform.network.listen({ host: HOST, port: PORT }, () => {})
  }

  /** This controller hears of the broker from the metadata. */
  async meets(): Promise<void> {
    const { image } = this.#house.controller
    await this.watch.follow({ image, brokersChanged: new Set([1, BROKER]) } as never, () => false)
    await this.pass(100)
  }

  speaksOn(connectionId: number): AbortController {
    const connection = new AbortController()
    this.watch.heard(BROKER, { connectionId, gone: connection.signal })
    return connection
  }

  takesOffice(): void {
    this.#isActive = true
    this.#onActive()
  }

  leavesOffice(): void {
    this.#isActive = false
  }

  pass(ms: number): Promise<boolean> {
    return this.world.events.run(this.world.events.now + ms, () => false)
  }

  get isFenced(): boolean {
    return this.#house.controller.image.brokers.get(BROKER)!.fenced
  }
}

async function rigThatKnows(): Promise<Rig> {
  const rig = new Rig()
  await rig.listens()
  await rig.meets()
  return rig
}

test('a broker is fenced when its connection has ended and its system says that nobody listens any more', async () => {
  const rig = await rigThatKnows()
  const connection = rig.speaksOn(7)
  rig.broker.kill()
  await rig.pass(1000)
  assert.equal(rig.isFenced, false, 'its connection lasts')
  connection.abort()
  await rig.pass(100)
  assert.equal(rig.isFenced, true)
})

test('a broker that lives, however late it is, is not fenced because its connection was broken', async () => {
  const rig = await rigThatKnows()
  const connection = rig.speaksOn(7)
  rig.broker.pausedUntil = rig.world.events.now + 2 * SESSION_MS
  connection.abort()
  await rig.pass(2 * SESSION_MS)
  assert.equal(rig.isFenced, false)
})

test('a process that still listens while it ends is asked again', async () => {
  const rig = await rigThatKnows()
  rig.speaksOn(7).abort()
  await rig.pass(120)
  rig.broker.kill()
  await rig.pass(300)
  assert.equal(rig.isFenced, true)
})

test('the end of an older connection says nothing of a broker that speaks on another one', async () => {
  const rig = await rigThatKnows()
  const older = rig.speaksOn(7)
  rig.speaksOn(8)
  rig.broker.kill()
  older.abort()
  await rig.pass(SESSION_MS)
  assert.equal(rig.isFenced, false)
})

test('a heartbeat ends the suspicion', async () => {
  const rig = await rigThatKnows()
  const connection = rig.speaksOn(7)
  rig.broker.kill()
  connection.abort()
  rig.speaksOn(8)
  await rig.pass(SESSION_MS)
  assert.equal(rig.isFenced, false)
})

test('a refusal says nothing where nobody ever got through, and a machine without power says nothing at all', async () => {
  const stranger = new Rig()
  await stranger.meets()
  stranger.speaksOn(7).abort()
  await stranger.pass(SESSION_MS)
  assert.equal(stranger.isFenced, false)
  const rig = await rigThatKnows()
  const connection = rig.speaksOn(7)
  rig.machine.powerCut()
  connection.abort()
  await rig.pass(SESSION_MS)
  assert.equal(rig.isFenced, false)
})

test('a new controller looks at the brokers that it has not heard of, and one that is none any more at nobody', async () => {
  const rig = await rigThatKnows()
  rig.leavesOffice()
  rig.broker.kill()
  rig.speaksOn(7).abort()
  await rig.pass(1000)
  assert.equal(rig.isFenced, false)
  rig.takesOffice()
  await rig.pass(100)
  assert.equal(rig.isFenced, true)
})

test('after its end it looks at nobody', async () => {
  const rig = await rigThatKnows()
  const connection = rig.speaksOn(7)
  rig.watch.stop()
  rig.broker.kill()
  connection.abort()
  await rig.pass(1000)
  assert.equal(rig.isFenced, false)
})

test('one whose connection ended counts as gone when it had time to come back, where that is asked for', async () => {
  const rig = await rigThatKnows()
  const told: [boolean, number][] = []
  await rig.pass(60_000)
  rig.speaksOn(7).abort()
  const since = rig.world.events.now
  const ask = () => void rig.watch.hasShownItself(BROKER, 2000).then((is) => told.push([is, rig.world.events.now]))
  ask()
  await rig.pass(3000)
  assert.deepEqual(told, [[false, since + 2500]])
  ask()
  await rig.pass(1)
  assert.equal(told.length, 2)
  const again = rig.world.events.now
  rig.speaksOn(8).abort()
  ask()
  await rig.pass(1000)
  rig.speaksOn(9)
  await rig.pass(2000)
  assert.deepEqual(told[2], [true, again + 2500])
})

test('who speaks is told at once by a controller that is in office for a while, and by a new one when everybody had time to', async () => {
  const rig = await rigThatKnows()
  const told: [boolean, number][] = []
  const ask = () => void rig.watch.hasShownItself(BROKER).then((is) => told.push([is, rig.world.events.now]))
  const connection = rig.speaksOn(7)
  ask()
  await rig.pass(1)
  connection.abort()
  ask()
  await rig.pass(1)
  assert.deepEqual(
    told.map(([is]) => is),
    [true, false],
  )
  rig.takesOffice()
  const since = rig.world.events.now
  ask()
  await rig.pass(300)
  rig.speaksOn(8)
  await rig.pass(1000)
  assert.deepEqual(told[2], [true, since + 500])
})
