// What Apache Kafka 4.2.0 was asked, and answered: every recorded exchange about what is served, played again to a new broker, and the
// answers compared by facts, as the judge of `npm run interop` compares them.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Broker } from '../../src/broker/broker.ts'
import { judgedBy } from '../../src/cli/reference/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import { calmNetwork } from '../../src/platform/sim/network.ts'
import { World } from '../../src/platform/sim/world.ts'
import { ready } from '../../src/protocol/compression/index.ts'
import { comparable } from './golden-facts.ts'
import { Player } from './golden-player.ts'
import { type Answer, type GoldenCase, goldenTape } from './golden-tape.ts'

const HOST = 'broker'
const PORT = 9092
const SEED = 1
/** Two more cases of the judge are relations between answers, and have none of their own. */
const CASES = 937

/** The judges are plain JavaScript, which the compiler leaves where it is. */
const judge = (name: string) => import(pathToFileURL(`test/interop/golden/${name}.mjs`).href)
const { sameAnswer } = (await judge('same-answer')) as { sameAnswer(recorded: unknown, found: unknown): boolean }
const { servedApis } = (await judge('served')) as { servedApis: ReadonlySet<string> }
const { overrides, assumedDir } = (await judge('settings')) as { overrides: Record<string, string>; assumedDir: string }

/** With the two lists of docs/limits.md, which another test compares with this one. */
const mayDiffer = new Set<string>(JSON.parse(readFileSync('test/interop/golden-pending.json', 'utf8')))
/** A connection of the platform has no end of one direction alone; the judge asks these on real sockets. */
const halfClosed = new Set(['frames/truncated-then-half-close', 'frames/complete-then-half-close'])

const settings = {
  ...overrides,
  'process.roles': 'broker,controller',
  'node.id': '1',
  listeners: `PLAINTEXT://${HOST}:${PORT},CONTROLLER://${HOST}:9093`,
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.bootstrap.servers': `${HOST}:9093`,
  'log.dirs': assumedDir,
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
}

const recorded = goldenTape()
let answers: ReadonlyMap<string, Answer>

before(async () => {
  await ready()
  const world = new World({ seed: SEED, turn: () => turn() })
  world.network.weather = { ...calmNetwork, latencyMs: 0.1 }
  const machine = world.machine(HOST)
  machine.wall.jump(recorded.startedAt - machine.wall.now)
  await started(
    world,
    Broker.start(loadConfig({ profile: 'file', overrides: new Map(Object.entries(settings)) }), machine.start().platform),
  )
  const client = world.machine('client').start().platform
  answers = await new Player(recorded, { world, wall: machine.wall, client, host: HOST, port: PORT, served: servedApis }).play()
})

async function started(world: World, starting: Promise<Broker>): Promise<void> {
  let isOver = false
  const over = starting.finally(() => (isOver = true))
  await world.events.run(60_000, () => isOver)
  await over
}

test('what is served is what is compared', () => {
  assert.deepEqual([...servedApis].sort(), Object.keys(judgedBy).sort())
})

test('the recording has the cases we count on', () => {
  assert.equal(recorded.cases.length, CASES)
})

for (const group of new Set(recorded.cases.map(groupOf))) {
  const cases = recorded.cases.filter((one) => groupOf(one) === group && !halfClosed.has(one.id))
  test(`${group}: ${cases.length} answers as Apache Kafka gives them, but for those that docs/limits.md names`, () => {
    const different = cases.filter((one) => !isSame(one))
    for (const one of different.filter(({ id }) => !mayDiffer.has(id))) {
      assert.deepEqual(compared(answers.get(one.id)), compared(one), one.id)
      assert.fail(`${one.id} differs`)
    }
    const better = cases.filter((one) => mayDiffer.has(one.id) && !different.includes(one)).map(({ id }) => id)
    assert.deepEqual(better, [], 'equal now: take them out of golden-pending.json and docs/limits.md')
  })
}

function groupOf({ id }: GoldenCase): string {
  return id.slice(0, id.indexOf('/'))
}

function isSame(one: GoldenCase): boolean {
  return sameAnswer({ ...compared(one), vary: one.vary }, compared(answers.get(one.id)))
}

function compared(answer: Answer | undefined) {
  return answer && { outcome: answer.outcome, closed: answer.closed, facts: comparable(answer.facts ?? null) }
}
