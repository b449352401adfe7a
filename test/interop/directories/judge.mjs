/** A directory goes from broker to broker, stopped cleanly or killed under load, and serves the same wherever it is. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { Dump } from './dump.mjs'
import { facts, fill, fillForeign, foreignFacts, use } from './facts.mjs'
import { Load } from './load.mjs'

const overrides = {
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '2',
  'log.cleaner.backoff.ms': '500',
  'metadata.log.max.record.bytes.between.snapshots': '2000',
}
/** So long a broker is under load, and longer where that makes too few batches to fill an index. */
const LOAD_MS = 1500
const LOAD_BATCHES = 200

export const judge = {
  name: 'directories',
  about:
    'Apache Kafka opens what ours wrote, ours what Apache wrote, there and back, stopped cleanly and killed; kafka-dump-log reads ours',
  needs: ['java', 'mvn'],
  startsBrokers: true,
  minutes: 20,

  install: installTools,

  async run({ report, tools: installed, workDir, startBroker, kind }) {
    const runner = new ToolRunner(installed)
    const journeys = [
      { label: 'written by ours', stops: [`${kind} clean`, 'apache killed', `${kind} killed`, 'apache clean', `${kind} clean`] },
      { label: 'written by Apache', stops: ['apache clean', `${kind} killed`, 'apache killed', `${kind} clean`, 'apache clean'] },
    ]
    try {
      for (const { label, stops } of journeys) {
        const dir = join(workDir, label.replaceAll(' ', '-'))
        const visit = (visitor) => startBroker({ kind: visitor, dir, overrides, readyMs: 120_000 })
        await new Journey({ report, runner, visit, label }).go(stops)
      }
    } finally {
      runner.close()
    }
  },
}

/** Says only what differs: the facts are long. */
function assertSame(found, known) {
  for (const [name, before] of Object.entries(known)) {
    const lines = (facts) =>
      Object.entries(facts).map(([key, value]) => `${Array.isArray(facts) ? '' : key} ${JSON.stringify(value)}`)
    const [now, then] = [lines(found[name]), lines(before)]
    const gone = then.filter((line) => !now.includes(line))
    const fresh = now.filter((line) => !then.includes(line))
    if (gone.length + fresh.length === 0) continue
    console.log(`       ${name} were:\n${gone.join('\n')}\n       and are:\n${fresh.join('\n')}`)
    assert.fail(`${name} differ, see above`)
  }
}

/** One directory and who has it in turn: the first fills it, every other one must find everything and go on with it. */
class Journey {
  #known
  #foreign = null
  #aborted = []
  #stops = 0
  #load = new Load()

  constructor(parts) {
    Object.assign(this, parts)
  }

  async go([first, ...others]) {
    await this.#stay(first, `stop 1: filled by ${first.split(' ')[0]}`, ({ bootstrap, kind }) => this.#fill(bootstrap, kind))
    let before = first
    for (const [turn, stop] of others.entries()) {
      const name = `stop ${turn + 2}: ${stop.split(' ')[0]} after ${before.replace('clean', 'stopped cleanly').replace(' ', ', ')}`
      await this.#stay(stop, `${name}, serves the same`, (broker) => this.#goOn(broker, turn))
      await this.report.test(`${this.label}, ${name}, no log was put aside`, () => {
        assert.deepEqual(
          readdirSync(this.dataDir).filter((entry) => /-stray$/.test(entry)),
          [],
        )
      })
      before = stop
    }
  }

  async #fill(bootstrap, kind) {
    await fill(this.runner, bootstrap)
    await this.#load.begin(bootstrap)
    if (kind === 'apache') {
      await fillForeign(this.runner, bootstrap)
      this.#foreign = await foreignFacts(this.runner, bootstrap)
    }
    this.#known = await facts(this.runner, bootstrap)
  }

  async #goOn({ bootstrap, kind }, turn) {
    await this.#load.goOn(bootstrap, { remembered: kind === 'apache' ? 1 : 5 })
    assertSame(await facts(this.runner, bootstrap), this.#known)
    if (this.#foreign && kind === 'apache') assertSame(await foreignFacts(this.runner, bootstrap), this.#foreign)
    await use(this.runner, bootstrap, turn)
    this.#known = await facts(this.runner, bootstrap)
  }

  /** What happens while a broker is up; it is down when this ends whatever comes of it, so that the next one can have the directory. */
  async #stay(stop, name, body) {
    const [kind, ending] = stop.split(' ')
    const number = ++this.#stops
    const isKilled = ending === 'killed'
    let broker
    const whole = async () => {
      broker = await this.visit(kind)
      this.dataDir = broker.dataDir
      await body(broker)
      await (isKilled ? this.#killUnderLoad(broker) : this.#stopCleanly(broker))
    }
    await this.report.test(`${this.label}, ${name}; then it is ${isKilled ? 'killed under load' : 'stopped cleanly'}`, whole, {
      timeoutMs: 400_000,
    })
    await broker?.stop()
    const { report, runner, dataDir } = this
    const label = `${this.label}, stop ${number}, ${isKilled ? 'killed' : 'stopped cleanly'}`
    const dump = new Dump({ report, runner, dataDir, label, load: this.#load })
    if (kind !== 'apache') await dump.judge({ wasClean: !isKilled, aborted: this.#aborted })
    else if (number === 1) this.#aborted = await dump.abortedTransactions()
  }

  async #killUnderLoad(broker) {
    const before = this.#load.acknowledged
    const isEnough = this.#enough()
    const running = this.#load.run(broker.bootstrap, () => false)
    while (!isEnough()) await sleep(10)
    await broker.kill()
    await running
    const { acknowledged, unanswered } = this.#load
    console.log(`       ${acknowledged - before} batches acknowledged, ${unanswered} without an answer at the kill`)
  }

  async #stopCleanly(broker) {
    await this.#load.run(broker.bootstrap, this.#enough())
    await broker.stop()
    assert.ok(
      readdirSync(broker.dataDir).includes('.kafka_cleanshutdown'),
      `no clean-shutdown marker: ${broker.output.slice(-500)}`,
    )
  }

  /** Whether the load has lasted; throws when too little comes of it. */
  #enough() {
    const [before, since] = [this.#load.acknowledged, performance.now()]
    return () => {
      const [made, ms] = [this.#load.acknowledged - before, performance.now() - since]
      if (ms > 60_000) throw new Error(`only ${made} batches were acknowledged within a minute`)
      return ms > LOAD_MS && made > LOAD_BATCHES
    }
  }
}
