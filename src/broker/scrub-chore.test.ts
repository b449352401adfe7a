import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, seededRandom, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { keptLog } from '../../test/support/running-broker.ts'
import type { Random } from '../platform/random.ts'
import { KafkaError } from '../protocol/errors.ts'
import { scrubChore } from './scrub-chore.ts'

const MIB = 1 << 20

/** A directory with logs of about a megabyte each, and a count of the bytes that are read from it. */
async function house(logs: number, random: Random = seededRandom()) {
  const world = new LogWorld(logConfig())
  const dir = await world.open({ tailBytes: 0 })
  for (let partition = 0; partition < logs; partition++) {
    const log = await dir.createLog('t', partition, TOPIC_ID, world.config)
    for (let i = 0; i < 16; i++) log.append(batchOf(['x'.repeat(MIB / 16)]), 0)
    log.highWatermark = log.endOffset
    await log.flushed()
  }
  await settle(20)
  await dir.close({ brokerEpoch: 1 })
  const again = await world.open({ tailBytes: 0 })
  const { logger, lines } = keptLog()
  let read = 0
  const looked: string[] = []
  for (const log of again.logs.values()) {
    const { scrub } = log
    log.scrub = () => {
      looked.push(`${log.topic}-${log.partition}`)
      const pass = scrub.call(log)
      const { step } = pass
      pass.step = async () => {
        const bytes = await step.call(pass)
        read += bytes
        return bytes
      }
      return pass
    }
  }
  const config = { rate: MIB, intervalMs: 60_000 }
  const { clock } = world
  const chore = scrubChore({
    dirs: [again],
    clock,
    random,
    logger,
    bytesPerSecond: () => config.rate,
    intervalMs: () => config.intervalMs,
  })
  const turn = async () => {
    await clock.advance(chore.everyMs())
    await chore.run(clock.now(), () => false)
    return [(read += 0), (read = 0)][0]!
  }
  return { world, dir: again, clock, chore, config, turn, lines, looked }
}

test('no more is read in a second than the configuration allows, over all logs, and all of it is read in the end', async () => {
  const { clock, turn } = await house(3)
  const since = clock.now()
  let sum = 0
  for (let i = 0; i < 40 && sum < 3 * MIB; i++) {
    sum += await turn()
    const seconds = (clock.now() - since) / 1000
    assert.ok(sum <= (seconds + 1) * MIB + MIB / 2, `${sum} bytes in ${seconds} s`)
  }
  assert.ok(sum > 3 * MIB && sum < 3.1 * MIB, `${sum}`)
})

test('a pass begins when the interval since the last beginning is over, and none while it is turned off', async () => {
  const { turn, config, clock } = await house(1)
  config.rate = 8 * MIB
  const after = async (ms: number) => {
    await clock.advance(ms)
    return [await turn(), await turn(), await turn()].reduce((sum, bytes) => sum + bytes, 0)
  }
  assert.ok((await after(0)) > MIB)
  assert.equal(await after(1000), 0)
  assert.ok((await after(60_000)) > MIB)
  config.rate = 0
  assert.equal(await after(600_000), 0)
  config.rate = 8 * MIB
  assert.ok((await after(0)) > MIB)
})

test('what is damaged in any log is told and refused; logs that go away meanwhile are no trouble', async () => {
  const { turn, dir, world, config, lines } = await house(3)
  config.rate = 64 * MIB
  const path = '/data/t-2/00000000000000000000.log'
  const file = await world.disk.open(path, 'never')
  await file.write(file.size - 5, Uint8Array.of(0))
  await file.close()
  const damaged = dir.logs.get('t-2')!
  await dir.deleteLog(dir.logs.get('t-0')!)
  await turn()
  await dir.deleteLog(dir.logs.get('t-1')!)
  await turn()
  assert.deepEqual(lines, [])
  await assert.rejects(damaged.read(15, 100, 16), (thrown) => thrown instanceof KafkaError && thrown.error === 'CORRUPT_MESSAGE')
  ;(await damaged.read(14, 100, 16)).release()
})

test('a pass begins at any of the logs, so that starts one after the other do not look at the same one for ever', async () => {
  for (const [chance, order] of [
    [0, ['t-0', 't-1', 't-2']],
    [0.5, ['t-1', 't-2', 't-0']],
    [0.99, ['t-2', 't-0', 't-1']],
  ] as const) {
    const { turn, config, looked } = await house(3, { next: () => chance, bytes: (length) => new Uint8Array(length) })
    config.rate = 64 * MIB
    await turn()
    await turn()
    assert.deepEqual(looked, order)
  }
})
