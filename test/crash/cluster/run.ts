// A cluster of three under the load of foreign producers and a foreign group, to which trouble happens; afterwards everything is compared.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Campaign, Goal, Task } from '../campaign.ts'
import { apache, pythonWithClient } from '../foreign.ts'
import { Gaps } from '../gaps.ts'
import { Load } from '../load.ts'
import { sleep } from '../sleep.ts'
import { Nodes, type NodesSettings } from './nodes.ts'
import { differences } from './replicas.ts'
import { until, View } from './view.ts'

export const PARTITIONS = 12
const CHECKS_PER_TOPIC = 2
/** A client that looks for new leaders often; one that asks seldom would be measured, not the cluster. */
const CLIENT = { 'topic.metadata.refresh.interval.ms': 100, 'socket.timeout.ms': 5000 }
const LOAD = { rate: 1200, partitions: PARTITIONS, replicas: 3, members: 2, client: CLIENT }
/** Of a log, for a message. */
const TAIL = 3000

/** Where a cluster lives, beside its nodes: what has to be there before, and goes after. */
export interface World {
  readonly settings?: Omit<NodesSettings, 'dir'>
  end(): Promise<void>
}

export interface Trouble<W extends World> {
  readonly name: string
  readonly about: string
  readonly goals: readonly Goal[]
  readonly share: number
  /** After so many everything is read back. */
  readonly perCheck: number
  /** No client may see an error. */
  readonly isSmooth?: boolean
  /** False where the cluster needs what Apache's brokers do not have any more. */
  readonly takesApache?: boolean
  /** What is there before the nodes are. Throws Missing. */
  prepare(dir: string, say: (line: string) => void): Promise<W>
  /** One time; counts it. */
  happen(run: ClusterRun, world: W): Promise<void>
}

/** Nothing but the nodes. */
export const prepareNothing = async (): Promise<World> => ({ end: async () => {} })

export function clusterCampaign<W extends World>(trouble: Trouble<W>): Campaign {
  const { name, about, goals, share } = trouble
  return { name, about, goals, share, takesApache: trouble.takesApache !== false, run: (task) => runTrouble(trouble, task) }
}

async function runTrouble<W extends World>(trouble: Trouble<W>, task: Task): Promise<void> {
  await pythonWithClient() // installed before anything is started
  if (task.kind === 'apache') await apache()
  const dir = await mkdtemp(join(tmpdir(), `odradek-${trouble.name}-`))
  const world = await trouble.prepare(dir, task.say)
  const run = new ClusterRun(dir, trouble, task)
  let isWell = false
  try {
    await run.all(world.settings ?? {}, () => trouble.happen(run, world))
    isWell = task.counters.failuresHere === 0
  } finally {
    await run.end()
    await world.end()
    if (isWell) await rm(dir, { recursive: true, force: true })
    else task.say(`kept: the directories of the nodes, what each said in its node-N.log, and the clients in clients.log: ${dir}`)
  }
}

type Told = Pick<Trouble<World>, 'name' | 'goals' | 'perCheck' | 'isSmooth'>

export class ClusterRun {
  readonly task: Task
  readonly view = new View()
  readonly #dir: string
  readonly #trouble: Told
  readonly #gaps = new Map<string, Gaps>()
  #nodes: Nodes | null = null
  #load: Load | null = null
  topic = ''

  constructor(dir: string, trouble: Told, task: Task) {
    this.#dir = dir
    this.#trouble = trouble
    this.task = task
  }

  get nodes(): Nodes {
    return this.#nodes!
  }

  get load(): Load {
    return this.#load!
  }

  get #done(): number {
    return this.task.counters.total(this.#trouble.goals[0]!.count)
  }

  async all(settings: Omit<NodesSettings, 'dir'>, happen: () => Promise<void>): Promise<void> {
    const { task } = this
    this.#nodes = await Nodes.start({ dir: this.#dir, kind: task.kind, ...settings })
    this.#load = await Load.start(this.nodes.bootstrap, LOAD)
    const before = this.#done
    const isOver = () => this.#done - before >= task.times || task.isOver()
    for (let checks = 0; !isOver(); checks++) {
      if (checks % CHECKS_PER_TOPIC === 0) await this.#nextTopic(checks)
      const since = this.#done
      while (!isOver() && this.#done - since < this.#trouble.perCheck) {
        const began = performance.now()
        await happen()
        task.counters.add({}, (performance.now() - began) / 1000)
        task.progress(this.#done - before)
      }
      await this.#check()
      task.say([`${this.#done - before} ${this.#trouble.goals[0]!.count}`, ...this.#gaps.values()].join('\n  '))
    }
  }

  async end(): Promise<void> {
    this.view.close()
    if (this.#load) await writeFile(join(this.#dir, 'clients.log'), this.#load.complaints)
    this.#load?.end()
    for (const node of this.#nodes?.all ?? []) await writeFile(join(this.#dir, `node-${node.id}.log`), node.tail(Infinity))
    await this.#nodes?.end()
  }

  async #nextTopic(number: number): Promise<void> {
    const before = this.topic
    this.topic = `load-${number}`
    await this.calm()
    await this.load.topic(this.topic)
    await this.load.more(PARTITIONS * 10)
    if (before !== '') await (await this.view.at(this.nodes.all[0]!)).deleteTopic(before)
    await this.calm()
  }

  /** Waits until every replica of everything is in sync again and leads where it is preferred. */
  async calm(): Promise<void> {
    await this.view.untilInSync(this.nodes.all, 90_000)
    await this.view.electPreferred(this.nodes.all, 30_000)
  }

  async #check(): Promise<void> {
    await this.view.untilInSync(this.nodes.all, 90_000)
    const { acknowledged, read, grouped, again, refused, visible, ends, wrong } = await this.load.check()
    let different: string[] = []
    const dirs = this.nodes.all.map(({ broker }) => broker.dataDir)
    const areEqual = async () => {
      await this.view.untilInSync(this.nodes.all, 60_000)
      different = differences(dirs, this.topic, ends)
      return different.length === 0
    }
    await until(areEqual, 20_000, () => different.join('; ')).catch((thrown) => void different.push(String(thrown)))
    this.count({
      checks: 1,
      'acknowledged records read back': acknowledged,
      'records read': read,
      'records read by the group': grouped,
      'of these again': again,
      'commits refused': refused,
      'partitions equal on all replicas': PARTITIONS - Math.min(different.length, PARTITIONS),
    })
    const seen = this.#trouble.isSmooth ? visible.map((error) => `a client saw an error: ${error}`) : []
    for (const what of [...wrong, ...different, ...seen]) this.fail(what)
    if (visible.length > 0) this.task.say(`seen by the group: ${visible.join(', ')}`)
    this.task.counters.save()
  }

  count(counts: Readonly<Record<string, number>>): void {
    this.task.counters.add(counts)
  }

  gap(what: string, ms: number): void {
    let gaps = this.#gaps.get(what)
    if (!gaps) this.#gaps.set(what, (gaps = new Gaps(what, this.task.counters)))
    gaps.add(ms)
  }

  fail(what: string): void {
    const tails = this.nodes.all.map((node) => node.tail(TAIL)).join('')
    this.task.say(`FAILED ${what}\n${tails}`)
    const repeat = `npm run crash -- --only ${this.#trouble.name} --times 20 (the moments are left to chance)`
    this.task.counters.fail(what.replaceAll(/\d+/g, 'N'), repeat)
  }

  /** At a moment that nobody chose. */
  async sometime(withinMs: number): Promise<void> {
    await sleep(Math.random() * withinMs)
  }
}

export const oneOf = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!
