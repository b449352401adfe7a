import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, TOPIC_ID } from '../../test/support/log-world.ts'
import { World } from '../platform/sim/world.ts'

test('what a failed flush lost, and the system still gives to readers, is on the device before the next process believes it', async () => {
  const sim = new World({ seed: 1, turn: () => new Promise(setImmediate) })
  sim.events.runFree()
  const machine = sim.machine('broker')
  const world = new LogWorld(logConfig(), machine.start().platform.disk)
  const { device } = machine

  const first = await world.open()
  const log = await first.createLog('t', 0, TOPIC_ID, world.config)
  log.append(batchOf(['kept']), 0)
  await log.flushed()
  device.weather = { ...device.usual, flushErrorShare: 1, flushLossShare: 1 }
  log.append(batchOf(['lost']), 0)
  const told = new Promise((resolve) => first.onOffline(resolve))
  await assert.rejects(log.flushed(), { code: 'EIO' })
  await told
  device.weather = device.usual

  await first.close(null)
  world.disk = machine.start().platform.disk
  const second = await world.open()
  const seen = second.logs.get('t-0')!.endOffset
  assert.equal(seen, 2, 'the system still has it')

  machine.powerCut()
  world.disk = machine.start().platform.disk
  const third = await world.open()
  assert.equal(third.logs.get('t-0')!.endOffset, seen)
  await third.close(null)
})
