/**
 * Runs cases: brokers take turns A B A B, a run during which strangers were busy is measured again, and one result a case is handed over as
 * soon as it is there.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { destroyAll } from '../test/interop/lib/processes.mjs'
import { processOf, startNamed, target } from './brokers.mjs'
import { load } from './clients.mjs'
import { figures as known } from './figures.mjs'
import { measured, rssOf, watchStrangers } from './measure.mjs'
import { Progress } from './progress.mjs'
import { settle } from './settle.mjs'
import { round } from './table.mjs'
import { withTopic } from './topics.mjs'

/** A run counts when strangers kept less than this many cores busy. */
const quietCores = 0.1

/**
 * `settings`: runs, seconds, warm (seconds), repeats, workDir, libs, rdkafka, other, withLoop. `each.brokers` of a case are those that take
 * part. `onResult(case, runs)` is called after every case. Resolves to whether all went well.
 */
export async function runCases(cases, settings, onResult) {
  const progress = new Progress(cases, settings)
  const alone = cases.filter((each) => each.runAlone)
  const loads = cases.filter((each) => !each.runAlone)
  let isGood = true
  // Who waits for another kind of cluster to be measured would only take memory.
  for (const nodes of new Set(loads.map((each) => each.nodes)))
    isGood =
      (await runLoads(
        loads.filter((each) => each.nodes === nodes),
        settings,
        progress,
        onResult,
      )) && isGood
  for (const each of alone) isGood = (await runAlone(each, settings, progress, onResult)) && isGood
  return isGood
}

/** All brokers, or clusters of as many nodes, run through all load cases; in each case they take turns. */
async function runLoads(cases, settings, progress, onResult) {
  const running = new Map()
  const { replicas, nodes } = cases[0]
  for (const name of new Set(cases.flatMap((each) => each.brokers.map(processOf)))) {
    const broker = await startPatiently(name, { ...settings, ...(nodes > 1 ? { nodes } : {}) }, progress)
    running.set(name, broker)
    progress.say(`${name}: ready after ${round(broker.readyMs)} ms; warming up for ${settings.warm} s`)
    await warmUp(target(name, broker), settings.warm, replicas)
  }
  progress.begin()
  let isGood = true
  for (const each of cases) {
    const runs = await runCase(each, running, settings, progress)
    isGood = runs.every(({ error }) => error === undefined) && isGood
    onResult(each, runs)
  }
  for (const [name, broker] of running) {
    progress.say(`${name}: RSS after all load ${round(rssOf(broker.pids))} MiB`)
    await broker.stop()
  }
  return isGood
}

/** Another program may take the port between our look at it and the broker's: then once more. */
async function startPatiently(name, settings, progress) {
  try {
    return await startNamed(name, join(settings.workDir, name), settings)
  } catch (error) {
    progress.say(`${name} did not start, once more: ${error.message}`)
    return startNamed(name, join(settings.workDir, `${name}-again`), settings)
  }
}

/** A JIT compiler has seen everything once before anything is measured. */
async function warmUp(broker, seconds, replicas) {
  if (seconds === 0) return
  const warm = async (topic, leaders) => {
    const settings = { leaders, topic, partitions: 12, connections: 12, inFlight: 2, seconds: seconds / 2 }
    await load('produce', { ...settings, records: 16, size: 1024 })
    await load('fetch', { ...settings, connections: 4 })
  }
  await withTopic(broker, 12, warm, { replicas })
}

async function runCase(each, running, settings, progress) {
  const { seconds, libs, rdkafka, workDir } = settings
  const context = new Map()
  const runs = []
  const shared = { seconds, libs, rdkafka, dir: workDir, profile: settings.profile }
  for (const name of each.brokers) {
    const broker = target(name, running.get(processOf(name)))
    try {
      context.set(broker, { ...shared, prepared: await each.prepare?.(broker, shared) })
    } catch (error) {
      runs.push({ broker: name, turn: -1, figures: {}, error: `preparing: ${error.message}` })
      progress.say(`${each.name} [${name}] preparing: ${error.message}`)
    }
  }
  for (let turn = 0; turn < settings.runs; turn++) {
    for (const [broker, prepared] of context) {
      const others = [...running.values()].filter(({ bootstrap }) => bootstrap !== broker.bootstrap)
      const action = () => measured(broker, others, () => each.run(broker, { ...prepared, turn }))
      runs.push(await oneRun(each, broker.name, turn, action, settings, progress))
    }
  }
  for (const [broker, { prepared }] of context) await each.clean?.(broker, prepared)
  return runs
}

/** A case of this kind has directories and brokers of its own, one after the other. */
async function runAlone(each, settings, progress, onResult) {
  const runs = []
  for (let turn = 0; turn < settings.runs; turn++) {
    for (const name of each.brokers) {
      const dir = join(settings.workDir, `${each.name}-${name}-${turn}`)
      const nodes = each.nodes > 1 ? { nodes: each.nodes } : {}
      const start = (where, port) => startNamed(name, where, { port, other: settings.other, ...nodes })
      const action = async () => {
        const strangers = watchStrangers()
        try {
          const figures = await each.runAlone(start, dir, settings)
          return { ...figures, otherCores: strangers() }
        } finally {
          destroyAll() // of a case that failed half-way
          rmSync(dir, { recursive: true, force: true })
        }
      }
      runs.push(await oneRun(each, name, turn, action, settings, progress))
    }
  }
  onResult(each, runs)
  return runs.every(({ error }) => error === undefined)
}

/** The quietest of up to 1 + `repeats` measurements; the first that was quiet enough ends it. A failure is noted and not repeated. */
async function oneRun(each, broker, turn, action, { repeats }, progress) {
  let best
  for (let attempt = 0; attempt <= repeats; attempt++) {
    await settle()
    try {
      const figures = await action()
      if (best === undefined || figures.otherCores < best.otherCores) best = figures
    } catch (error) {
      progress.after(each, `${each.name} [${broker}] #${turn + 1} ${error.message}`)
      return { broker, turn, figures: {}, error: error.message }
    }
    if (!(best.otherCores > quietCores)) break
  }
  const isNoisy = best.otherCores > quietCores
  const isSaid = (name) => known[name] || alsoSaid.includes(name) || name.endsWith(' recordsPerSecond')
  const shown = Object.entries(best).filter(([name, value]) => Number.isFinite(value) && isSaid(name))
  const text = shown.map(([name, value]) => `${known[name]?.label ?? name} ${round(value)}`).join(', ')
  progress.after(each, `${each.name} [${broker}] #${turn + 1} ${text}${isNoisy ? ' NOISY' : ''}`)
  for (const { name, part } of best.profile ?? []) progress.say(`  ${(part * 100).toFixed(1).padStart(5)} %  ${name}`)
  return { broker, turn, figures: best, ...(isNoisy ? { isNoisy } : {}) }
}

const alsoSaid = [
  'sliceMs',
  'sliceWithoutGcMs',
  'sliceCpuMs',
  'gcPauseMs',
  'slicesOver10Ms',
  'rssPeak',
  'otherCores',
  'client late p99',
  'files a round',
  'brokerCpu',
]
