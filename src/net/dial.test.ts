import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from '../platform/sim/world.ts'
import { ConnectionLost, dial, NoAnswer } from './dial.ts'

const ADDRESS = { host: 'other', port: 9092 }

function scene() {
  const world = new World({ seed: 5, turn: () => new Promise(setImmediate) })
  const other = world.machine('other').start().platform
  const { network, clock } = world.machine('self').start().platform
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await world.events.run(world.events.now + 60_000, () => isOver)
    return promise
  }
  return { world, other, during, dialled: (options = {}) => dial(network, clock, ADDRESS, options) }
}

test('what another protocol answers is known by how it begins', async () => {
  const answers = [
    ['HTTP/1.1 400 Bad Request\r\n\r\n', /it speaks HTTP/],
    ['\x15\x03\x03\x00\x02\x02\x46', /it expects TLS/],
    ['\xff\xff\xff\xff', /an answer of -1 bytes/],
    ['\x15\x00\x00\x01', /an answer of 352321537 bytes; 1 to 352321536/],
  ] as const
  for (const [said, why] of answers) {
    const { other, during, dialled } = scene()
    await during(
      other.network.listen(ADDRESS, (connection) => void connection.send([Buffer.from(said, 'latin1')]).catch(() => {})),
    )
    const caller = await during(dialled())
    await assert.rejects(during(caller.call(0, [Buffer.from('request')], 5000)), why)
  }
})

test('a connection that is still being made is given up after its time, or when nobody wants it any more', async () => {
  const { world, during, dialled } = scene()
  world.machine('other').powerCut()
  await assert.rejects(during(dialled({ connectTimeoutMs: 300 })), NoAnswer)
  const giveUp = new AbortController()
  const dialling = dialled({ signal: giveUp.signal })
  giveUp.abort()
  const began = world.events.now
  await assert.rejects(during(dialling), ConnectionLost)
  assert.ok(world.events.now - began < 10)
})
