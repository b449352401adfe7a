// Plays a workload once, lists the states that power cuts may leave, and judges them.

import { SeededRandom } from '../../src/platform/sim/random.ts'
import { Violation } from '../sim/history.ts'
import { DeviceModel } from './device-model.ts'
import { judge } from './judge.ts'
import { Ledger } from './ledger.ts'
import type { Recording } from './recording.ts'
import { SimBroker } from './sim-broker.ts'
import { Stage, type Workload } from './stage.ts'
import { type DeviceImage, Images, subsetsAt, textOf } from './states.ts'

/** At most so many subsets are listed at one boundary. */
export const SUBSETS = 64
/** One state of so many is opened twice. */
const TWICE_IN = 8
const SHOWN = 15

/** A state, by the boundary (how many steps were done) and the number of its subset there. */
export interface Point {
  readonly step: number
  readonly subset: number
}

export interface Played {
  readonly workload: Workload
  readonly seed: number
  readonly recording: Recording
}

export async function play(workload: Workload, seed: number): Promise<Played> {
  const stage = new Stage(seed, workload.overrides)
  await workload.run(stage)
  return { workload, seed, recording: stage.recording }
}

/**
 * The states of every `every`th boundary that differ from each other, each as the last boundary has it at which it is listed: most was promised
 * there. In an order drawn by the seed, in which the plainer subsets of all boundaries are likely to come early.
 */
export function pointsOf({ recording, seed }: Played, every = 1): Point[] {
  const model = new DeviceModel()
  const images = new Images()
  const points = new Map<string, Point>()
  for (let step = 0; step <= recording.steps.length; step++) {
    if (step > 0) model.apply(recording.steps[step - 1]!.what)
    if (step % every !== 0) continue
    for (const [subset, each] of subsetsAt(model, SUBSETS, seed ^ step).entries()) {
      const hash = images.hashOf(model, each)
      const known = points.get(hash)
      if (!known || known.step < step) points.set(hash, { step, subset })
    }
  }
  const random = new SeededRandom(seed)
  const places = new Map([...points.values()].map((point) => [point, -Math.log(1 - random.next()) * (1 + point.subset / 8)]))
  return [...places].sort(([, a], [, b]) => a - b).map(([point]) => point)
}

export interface FoundState {
  readonly image: DeviceImage
  readonly hash: string
  /** What is kept, in words. */
  readonly kept: string
}

export function stateAt({ recording, seed }: Played, { step, subset }: Point): FoundState {
  const model = new DeviceModel()
  const names = new Map<number, string>()
  for (const { what } of recording.steps.slice(0, step)) {
    model.apply(what)
    if (what.kind === 'name')
      for (const [name, node] of what.namings) if (node) names.set('file' in node ? node.file : node.directory, name)
  }
  const chosen = subsetsAt(model, SUBSETS, seed ^ step)[subset]
  if (!chosen) throw new RangeError(`boundary ${step} has no subset ${subset}`)
  const images = new Images()
  return {
    hash: images.hashOf(model, chosen),
    image: images.imageOf(model, chosen),
    kept: textOf(chosen, (number) => names.get(number) ?? 'the root'),
  }
}

function ledgerAt({ recording }: Played, step: number): Ledger {
  const ledger = new Ledger()
  for (const { what } of recording.events) {
    if (what.before > step) break
    ledger.apply(what)
  }
  return ledger
}

export interface Failed {
  readonly error: Error
  /** What the broker logged. */
  readonly lines: readonly string[]
}

/** Null where the state was found good; else what went wrong. `use` gets the broker when it has served. */
export async function judgeAt(
  played: Played,
  point: Point,
  use: (broker: SimBroker) => Promise<void> = async () => {},
): Promise<Failed | null> {
  const { image, hash } = stateAt(played, point)
  const ledger = ledgerAt(played, point.step)
  const at = played.recording.steps[point.step - 1]?.at ?? 0
  // Not the recorded world's seed: ids are drawn anew, not the ones that are on the disk already.
  const seed = Number.parseInt(hash.slice(0, 8), 16)
  const broker = new SimBroker(seed, played.workload.overrides)
  let error: Error | null = null
  const onRejection = (why: unknown) => (error ??= new Error(`nobody handled ${String(why)}`, { cause: why }))
  process.on('unhandledRejection', onRejection)
  try {
    await judge(broker, { image, ledger, at }, seed % TWICE_IN === 0)
    await use(broker)
  } catch (thrown) {
    error ??= thrown as Error
  } finally {
    broker.node.kill()
    process.off('unhandledRejection', onRejection)
  }
  return error && { error, lines: broker.lines }
}

/** The same words for the same kind of trouble. */
export function titleOf({ workload }: Played, { error }: Failed): string {
  const first = error.message.split('\n')[0]!.replaceAll(/\d+/g, 'N').slice(0, 150)
  return `${workload.name}: ${error instanceof Violation ? '' : `${error.name}: `}${first}`
}

/** What shows it again. */
export function commandFor({ seed, workload }: Played, { step, subset }: Point): string {
  return `node build/test/crash-points/main.js --seed ${seed} --workload ${workload.name} --point ${step} --subset ${subset}`
}

export function report(played: Played, point: Point, { error, lines }: Failed): string {
  const { recording, workload } = played
  const from = Math.max(0, point.step - SHOWN)
  const steps = recording.steps
    .slice(from, point.step)
    .map(({ at, what }, i) => `  ${from + i + 1} ${at.toFixed(3)} ${what.text}`)
  return [
    `${workload.name}, boundary ${point.step} of ${recording.steps.length}, subset ${point.subset}: ${error.stack}`,
    ...(error.cause ? [String(error.cause)] : []),
    ...steps,
    `  kept: ${stateAt(played, point).kept}`,
    ...lines.slice(-SHOWN).map((line) => `  ${line}`),
    `  again: ${commandFor(played, point)}`,
  ].join('\n')
}
