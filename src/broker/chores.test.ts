import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../test/support/log-world.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { keptLog } from '../../test/support/running-broker.ts'
import { deferred } from '../base/deferred.ts'
import type { Log } from '../log/log.ts'
import type { LogDir } from '../log/log-dir.ts'
import type { Partition } from '../replication/partition.ts'
import type { Replicas } from '../replication/replicas.ts'
import { Chores } from './chores.ts'
import type { EffectiveConfigs } from './effective-configs.ts'
import { standardChores } from './standard-chores.ts'

const turn = () => new Promise(setImmediate)

test('a chore under way is told to stop, and waited for; none begins after that', async () => {
  const clock = new ManualClock()
  const { logger, lines } = keptLog()
  const chores = new Chores(clock, logger)
  let runs = 0
  let isOver = false
  chores.start({
    name: 'endless',
    everyMs: () => 10,
    run: async (_now, mustStop) => {
      runs++
      while (!mustStop()) await turn()
      isOver = true
    },
  })
  await clock.advance(10)
  await turn()
  assert.deepEqual([runs, isOver], [1, false])
  await chores.stop()
  assert.equal(isOver, true)
  await clock.advance(100)
  assert.deepEqual([runs, lines], [1, []])
})

test('whoever waits for the chores sees those move that come forward, and not those that hang', async () => {
  const clock = new ManualClock()
  const chores = new Chores(clock, keptLog().logger)
  const gate = deferred<void>()
  const steps: number[] = []
  chores.start({
    name: 'long',
    everyMs: () => 10,
    run: async (_now, mustStop) => {
      while (!mustStop()) await turn()
      await gate.promise
      mustStop()
    },
  })
  await clock.advance(10)
  for (let i = 0; i < 3; i++) {
    steps.push(chores.steps)
    await turn()
  }
  assert.ok(steps[0]! < steps[1]! && steps[1]! < steps[2]!, `${steps}`)
  const stopped = chores.stop()
  await turn()
  const hanging = chores.steps
  await turn()
  assert.equal(chores.steps, hanging)
  gate.resolve()
  await stopped
  assert.ok(chores.steps > hanging)
})

/** What the chores see of partitions: their logs, as far as they touch them. */
function house(runs: Record<string, (mustStop: () => boolean) => Promise<number>>) {
  const byTopic = new Map(
    Object.entries(runs).map(([topic, run]) => {
      const log = {
        offline: null,
        config: { 'cleanup.policy': ['delete'] },
        applyRetention: (_: number, stop: never) => run(stop),
      }
      return [topic, { topic, index: 0, name: `${topic}-0`, log: log as unknown as Log } as Partition]
    }),
  )
  const replicas = { all: () => byTopic.values(), get: (topic: string) => byTopic.get(topic) } as unknown as Replicas
  const { logger, lines } = keptLog()
  const configs = { broker: {} } as EffectiveConfigs
  const dirs = { logDirs: [], metadataDir: {} as LogDir }
  const [retention] = standardChores({ replicas, ...dirs, configs, clock: new ManualClock(), random: seededRandom(), logger })
  return { byTopic, lines, retention: retention! }
}

test('a partition that fails does not keep a chore from the others, and is told once until it is well again', async () => {
  const done: string[] = []
  let isWell = false
  const { retention, lines } = house({
    bad: async () => {
      if (!isWell) throw new Error('it is broken')
      return 0
    },
    good: async () => done.push('good'),
  })
  const run = () => retention.run(0, () => false)
  await run()
  await run()
  assert.deepEqual(done, ['good', 'good'])
  assert.deepEqual([lines.length, /bad-0/.test(lines[0]!.message)], [1, true])
  isWell = true
  await run()
  isWell = false
  await run()
  assert.equal(lines.length, 2)
})

test('a partition that is deleted while a chore is at it, or before, is no trouble', async () => {
  const { retention, lines, byTopic } = house({
    first: async () => {
      byTopic.delete('first')
      byTopic.delete('second')
      throw new Error('its log is closed')
    },
    second: async () => assert.fail('nobody goes there'),
  })
  await retention.run(0, () => false)
  assert.deepEqual(lines, [])
})

test('a chore goes to no further partition once it must stop, and tells the log at work', async () => {
  let mustStop = false
  const { retention } = house({
    first: async (isTold) => {
      mustStop = true
      assert.equal(isTold(), true)
      return 0
    },
    second: async () => assert.fail('nobody goes there'),
  })
  await retention.run(0, () => mustStop)
})
