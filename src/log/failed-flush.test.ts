import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, TOPIC_ID } from '../../test/support/log-world.ts'
import { World } from '../platform/sim/world.ts'

/** A flush fails, and loses its record, on a disk whose calls take `stallMs`; its process ends in order, and the next one finds the record. */
async function believedAfter(stallMs: number): Promise<void> {
  const sim = new World({ seed: 1, turn: () => new Promise(setImmediate) })
  sim.events.runFree()
  const machine = sim.machine('broker')
  const { device } = machine
  const world = new LogWorld(logConfig())
  const start = () => {
    const process = machine.start()
    Object.assign(world, process.platform)
    return process
  }

  const process = start()
  const first = await world.open()
  const log = await first.createLog('t', 0, TOPIC_ID, world.config)
  log.append(batchOf(['kept']), 0)
  await log.flushed()
  device.weather = { ...device.usual, flushErrorShare: 1, flushLossShare: 1, stallMs }
  log.append(batchOf(['lost']), 0)
  const told = new Promise((resolve) => first.onOffline(resolve))
  await assert.rejects(log.flushed(), { code: 'EIO' })
  await told
  await first.close(null)
  process.kill()
  device.weather = device.usual

  start()
  const second = await world.open()
  const seen = second.logs.get('t-0')!.endOffset
  assert.equal(seen, 2, 'the system still has it')

  machine.powerCut()
  start()
  const third = await world.open()
  assert.equal(third.logs.get('t-0')!.endOffset, seen)
  await third.close(null)
}

test('what a failed flush lost, and the system still gives to readers, is on the device before the next process believes it', () =>
  believedAfter(0))

test('a process does not end in order before the next one can know that the disk failed, however slow that disk is', () =>
  believedAfter(6000))
