// kill -9 at random moments under acks=all load of foreign idempotent producers; then everything acknowledged is read back.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KafkaClient, LATEST } from '../../support/kafka-client.ts'
import type { Campaign, Task } from '../campaign.ts'
import { type BrokerChild, brokers, processes, pythonWithClient } from '../foreign.ts'
import { Load } from '../load.ts'
import { sleep } from '../sleep.ts'

const KILLS_PER_CHECK = 5
const CHECKS_PER_TOPIC = 2
const PARTITIONS = 4
const LOAD = { rate: 3000, partitions: PARTITIONS, replicas: 1, members: 0 }
/** What makes much happen in a short life: segments that are closed, checkpoints that are written. */
const SETTINGS = {
  'log.roll.ms': '400',
  'log.flush.offset.checkpoint.interval.ms': '500',
  'log.flush.start.offset.checkpoint.interval.ms': '500',
  'replica.high.watermark.checkpoint.interval.ms': '500',
}
const BOUNDS = [200, 300, 500, 1000, 2000, 5000] as const

const upTo = (end: number) => Math.floor(Math.random() * end)

export const kill: Campaign = {
  name: 'kill',
  about: 'kill -9 at random moments under foreign idempotent producers; all that was acknowledged is read back',
  goals: [{ count: 'kills', target: 200 }],
  share: 10,

  async run(task) {
    await pythonWithClient() // installed before anything is started
    const dir = await mkdtemp(join(tmpdir(), 'odradek-kill-'))
    const round = new KillRound(dir, task)
    const failuresBefore = task.counters.failuresHere
    try {
      await round.run()
    } finally {
      await round.end()
      if (task.counters.failuresHere === failuresBefore) await rm(dir, { recursive: true, force: true })
      else task.say(`the directory is kept, with what the clients said in clients.log: ${dir}`)
    }
  },
}

class KillRound {
  readonly #dir: string
  readonly #task: Task
  #broker: BrokerChild | null = null
  #load: Load | null = null
  #restarts: number[] = []
  #kills = 0
  #topic = ''

  constructor(dir: string, task: Task) {
    this.#dir = dir
    this.#task = task
  }

  async run(): Promise<void> {
    await this.#start()
    this.#load = await Load.start(this.#broker!.bootstrap, LOAD)
    for (let checks = 0; this.#kills < this.#task.times && !this.#task.isOver(); checks++) {
      if (checks % CHECKS_PER_TOPIC === 0) await this.#nextTopic()
      const until = Math.min(this.#task.times, this.#kills + KILLS_PER_CHECK)
      while (this.#kills < until && !this.#task.isOver()) await this.#killOnce()
      await this.#check()
      this.#tell()
    }
  }

  async end(): Promise<void> {
    if (this.#load) await writeFile(join(this.#dir, 'clients.log'), this.#load.complaints)
    this.#load?.end()
    await this.#broker?.kill()
  }

  async #nextTopic(): Promise<void> {
    const before = this.#topic
    this.#topic = `load-${this.#kills}`
    await this.#load!.topic(this.#topic)
    if (before === '') return
    const client = await KafkaClient.connect(this.#broker!.bootstrap)
    await client.deleteTopic(before)
    client.close()
  }

  async #killOnce(): Promise<void> {
    const { counters } = this.#task
    const before = this.#load!.acknowledged
    await this.#load!.more(before)
    await sleep(upTo(1300))
    const began = performance.now()
    const way = Math.random()
    if (way < 0.05) {
      const { signal } = await this.#broker!.stop()
      if (signal === 'SIGKILL') this.#fail('a broker did not stop within a minute when told', '')
      counters.add({ 'clean stops in between': 1 })
    } else {
      await this.#broker!.kill()
      this.#kills++
      counters.add({ kills: 1 })
    }
    // A start that is killed as well: what it had mended by then must not be worse than what it found.
    if (way > 0.85) await this.#killedStart()
    await this.#start()
    counters.add({}, (performance.now() - began) / 1000)
    this.#task.progress(this.#kills)
  }

  async #killedStart(): Promise<void> {
    const [{ ourCommand }, { start }] = [await brokers(), await processes()]
    const child = start(process.execPath, [ourCommand, 'start', join(this.#dir, 'server.properties')])
    await sleep(100 + upTo(500))
    child.destroy()
    await child.ended
    this.#kills++
    this.#task.counters.add({ kills: 1, 'kills of a start': 1 })
  }

  async #start(): Promise<void> {
    const { startBroker } = await brokers()
    const policy = upTo(2) === 0 ? 'fsync' : 'os'
    const port = this.#broker ? { port: this.#broker.port } : {}
    const began = performance.now()
    this.#broker = await startBroker({ dir: this.#dir, overrides: { ...SETTINGS, 'log.flush.policy': policy }, ...port })
    if (this.#topic === '') return
    await untilReadable(this.#broker.bootstrap, this.#topic)
    const ms = performance.now() - began
    this.#restarts.push(ms)
    const bound = BOUNDS.find((each) => ms <= each)
    this.#task.counters.add({ restarts: 1, [bound ? `restarts up to ${bound} ms` : 'slower restarts']: 1 })
  }

  async #check(): Promise<void> {
    const { acknowledged, read, wrong } = await this.#load!.check()
    this.#task.counters.add({ checks: 1, 'acknowledged records read back': acknowledged, 'records read': read })
    for (const what of wrong) this.#fail(what.replaceAll(/\d+/g, 'N'), what)
    this.#task.counters.save()
  }

  #fail(title: string, detail: string): void {
    this.#task.say(`FAILED ${title} ${detail}\n${this.#broker?.output.slice(-2000) ?? ''}`)
    this.#task.counters.fail(title, 'npm run crash -- --only kill --times 20 (the moments are left to chance)')
  }

  #tell(): void {
    const sorted = [...this.#restarts].sort((one, other) => one - other)
    const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
    this.#task.say(
      `${this.#kills} kills; from start to all readable: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${sorted.length} restarts`,
    )
  }
}

/** The last record of every partition comes out. */
async function untilReadable(bootstrap: string, topic: string): Promise<void> {
  const client = await KafkaClient.connect(bootstrap)
  try {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const end = await client.offset(topic, LATEST, partition)
      if (end === 0) continue
      const { errorCode, records } = await client.fetch(topic, partition, end - 1)
      if (errorCode !== 0 || (records?.length ?? 0) === 0)
        throw new Error(`${topic}-${partition} gives error ${errorCode} and nothing at its last offset, ${end - 1}`)
    }
  } finally {
    client.close()
  }
}
