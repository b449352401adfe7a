import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as chaos from '../../../test/support/controller-chaos.ts'
import fc from '../../../test/support/fast-check.ts'
import { ReplicaModel } from '../../../test/support/replica-model.ts'
import { TestController } from '../../../test/support/test-controller.ts'
import type { TopicImage } from '../image.ts'
import { Controller } from './controller.ts'

const asked: readonly chaos.Act[] = [
  chaos.moves,
  chaos.elections,
  chaos.uncleanElections,
  chaos.balance,
  chaos.creates,
  chaos.deletes,
  chaos.allowsUnclean,
]

/** A controller that lived nothing of it and read the whole log. */
function replayed({ controller, written }: TestController): Controller {
  const next = new Controller({ ...controller.settings, nextOffset: () => written.length })
  for (const entry of written) next.image.apply(entry)
  return next
}

type Step = (it: TestController, model: ReplicaModel, n: number) => void
/** Mostly those that the first topic lives on. */
const broker = (n: number) => [1, 2, 3, 1, 2, 3, 4, 5][n % 8]!
const anyone = (n: number) => (n % 3 ? chaos.BROKERS : chaos.BROKERS.filter((id) => (n >> id) & 1))

const steps: readonly (readonly [weight: number, step: Step])[] = [
  [4, (_, model, n) => model.pass(n % 4000)],
  [1, (_, model) => model.pass(9100)],
  [2, (_, model, n) => model.crash(broker(n))],
  [2, (_, model, n) => model.stop(broker(n))],
  [4, (_, model, n) => model.start(broker(n))],
  [3, (_, model, n) => model.bounce(broker(n))],
  [2, (_, model, n) => model.suspend(broker(n))],
  [10, (it, model, n) => model.propose(chaos.anyPartition(it, n), anyone(n))],
  [10, (_, model) => model.deliver()],
  [6, (it, model) => model.produce((topic) => minIsrOf(it, topic))],
  [3, (it, model, n) => happens(it, model, asked[n % asked.length]!, n >> 3)],
  [3, (it, model, n) => happens(it, model, chaos.changesMinIsr, n)],
  [1, (it, model, n) => n % 4 === 0 && model.follow(replayed(it))],
]

function happens(it: TestController, model: ReplicaModel, act: chaos.Act, n: number): void {
  model.run(() => chaos.happens(it, act(it, n, model.now), model.now))
}

const weighted = steps.flatMap(([weight, step]) => Array<Step>(weight).fill(step))

function minIsrOf({ controller: { image } }: TestController, { name }: TopicImage): number {
  const key = 'min.insync.replicas'
  return Number(image.configsOf({ type: 'topic', name }).get(key) ?? image.configsOf({ type: 'broker', name: '' }).get(key) ?? 1)
}

test('whoever serves as in sync has everything committed, unless it was elected uncleanly', () => {
  const step = fc.tuple(fc.nat(weighted.length - 1), fc.nat(1 << 16))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (choices) => {
      const it = TestController.withBrokers(...chaos.BROKERS)
      const model = new ReplicaModel(it)
      model.run(() => {
        it.topic(
          't0',
          [
            [1, 2, 3],
            [2, 3, 4],
          ],
          { 'min.insync.replicas': '2' },
        )
        it.topic('t1', [[4, 5]])
      })
      for (const [which, n] of choices) {
        weighted[which]!(it, model, n)
        assert.deepEqual(model.losses(), [])
      }
    }),
    { numRuns: 100 },
  )
})
