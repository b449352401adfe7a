// SIGSTOP of a node for 20 seconds: others lead what it led, and when it wakes it acknowledges nothing any more, neither what lay before its
// door while it slept nor what comes right after.

import { errorName } from '../../../src/protocol/errors.ts'
import { batchOf, KafkaClient } from '../../support/kafka-client.ts'
import { sleep } from '../sleep.ts'
import { ledBy } from './kill.ts'
import type { Node } from './nodes.ts'
import { type ClusterRun, clusterCampaign, oneOf, prepareNothing } from './run.ts'
import { until } from './view.ts'

const PAUSE_MS = 20_000
/** For so long it is asked again and again after it woke. */
const AFTER_MS = 2000
/** Longer than anything that is asked of a sleeping node waits. */
const PATIENCE_MS = 60_000
const ACKS = [-1, 1] as const

export const clusterPause = clusterCampaign({
  name: 'cluster-pause',
  about: `SIGSTOP of a node for ${PAUSE_MS / 1000} s; when it wakes, a leader of the past acknowledges nothing`,
  goals: [{ count: 'pauses', target: 30 }],
  share: 1,
  perCheck: 3,
  prepare: prepareNothing,
  happen: pauseOnce,
})

interface Probe {
  readonly partition: number
  readonly acks: number
  readonly text: string
  readonly isQueued: boolean
  /** What was answered; null where the connection ended instead. */
  answer: { readonly errorCode: number; readonly baseOffset: number } | null
}

async function pauseOnce(run: ClusterRun): Promise<void> {
  await run.calm()
  await run.sometime(700)
  const node = oneOf(run.nodes.all)
  const witness = oneOf(run.nodes.others(node))
  const led = await ledBy(run, node, witness)
  const isController = (await run.view.controllerId(witness)) === node.id
  const probing = new Probing(run.topic, node)
  await probing.connect(4)
  run.view.leave(node)
  const at = node.signal('SIGSTOP')
  run.count({ pauses: 1, [isController ? 'pauses of the active controller' : 'pauses of another node']: 1 })
  try {
    const gaps = run.load.watch(at, led)
    await until(
      async () => (await ledBy(run, node, witness)).length === 0,
      PAUSE_MS,
      () => `node ${node.id} still leads`,
    )
    run.gap('new leaders known', Date.now() - at)
    // What lies there when it wakes is the first that it does.
    for (const partition of led) for (const acks of ACKS) probing.send(partition, acks, true)
    run.gap(isController ? 'gap, the active controller frozen' : 'gap, another node frozen', Math.max(...(await gaps).values()))
    await sleep(Math.max(0, at + PAUSE_MS - Date.now()))
  } finally {
    node.signal('SIGCONT')
  }
  await probing.askOn(led, AFTER_MS)
  await judge(run, await probing.end())
}

/** Whatever it acknowledged is wrong: others led by then. What was told of acks=all is looked for, all the same. */
async function judge(run: ClusterRun, probes: readonly Probe[]): Promise<void> {
  const witness = run.nodes.all[0]!
  for (const { partition, acks, text, answer, isQueued } of probes) {
    const how = acks === 1 ? 'acks=1' : 'acks=all'
    const when = isQueued ? 'that lay there when it woke' : 'right after it woke'
    const told = answer === null ? 'a closed connection' : errorName(answer.errorCode)
    run.count({ [`produce requests ${when}, answered with ${told} (${how})`]: 1 })
    if (answer?.errorCode !== 0) continue
    run.fail(`a leader of the past acknowledged a produce request with ${how} ${when}`)
    if (acks === 1) continue
    const leader = run.nodes.byId((await run.view.partitions(witness, run.topic))[partition]!.leaderId)
    const found = await (await run.view.at(leader)).readAll(run.topic, { partition, from: answer.baseOffset })
    if (found.find(({ offset }) => offset === answer.baseOffset)?.value !== text)
      run.fail(`what a leader of the past acknowledged with acks=all is not there: ${text} at offset ${answer.baseOffset}`)
  }
}

/** Produce requests on the connections of a client that looks for no other leader. */
class Probing {
  readonly #topic: string
  readonly #node: Node
  readonly #clients: KafkaClient[] = []
  readonly #probes: Probe[] = []
  readonly #answers: Promise<void>[] = []

  constructor(topic: string, node: Node) {
    this.#topic = topic
    this.#node = node
  }

  async connect(count: number): Promise<void> {
    while (this.#clients.length < count)
      this.#clients.push(await KafkaClient.connect(this.#node.bootstrap, undefined, PATIENCE_MS))
  }

  send(partition: number, acks: number, isQueued: boolean): void {
    const text = `probe:${Date.now() * 1000 + (this.#probes.length % 1000)}:0:${partition}`
    const probe: Probe = { partition, acks, text, isQueued, answer: null }
    this.#probes.push(probe)
    const client = this.#clients[this.#probes.length % this.#clients.length]!
    const answered = client.send(this.#topic, partition, batchOf([text]), { acks }).then(
      ({ errorCode, baseOffset }) => void (probe.answer = { errorCode, baseOffset }),
      () => {}, // the connection ended: nothing was acknowledged
    )
    this.#answers.push(answered)
  }

  /** One request after the other, on the connections from before and on new ones. */
  async askOn(partitions: readonly number[], ms: number): Promise<void> {
    const until = performance.now() + ms
    await this.connect(this.#clients.length + 2)
    while (performance.now() < until) {
      for (const partition of partitions) for (const acks of ACKS) this.send(partition, acks, false)
      await sleep(5)
    }
  }

  async end(): Promise<readonly Probe[]> {
    await Promise.all(this.#answers)
    for (const client of this.#clients) client.close()
    return this.#probes
  }
}
