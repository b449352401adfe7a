// A campaign: windows of frames and batches against one broker after the other, until the numbers are reached or the time is up. What goes
// wrong is traced to a single input where that is possible, and kept.

import { performance } from 'node:perf_hooks'
import type { Api } from '../../src/protocol/api.ts'
import type { Input } from './corpus.ts'
import { Fire } from './fire.ts'
import { type FrameCase, FrameMaker } from './frames.ts'
import { framed } from './lane.ts'
import type { Tally } from './tally.ts'
import { Target } from './target.ts'

const FRAMES = 1024
const BATCHES = 256
/** Topics and groups that frames made must not pile up for ever: a new broker after so many inputs. */
const INPUTS_PER_BROKER = 8192
/** So many suspects are tried between two looks. */
const LOOK_EVERY = 16

export interface Plan {
  /** The numbers of the last frame and batch, plus one. */
  readonly frames: number
  readonly batches: number
  /** When to stop, as `performance.now()` tells it. */
  readonly until: number
}

export interface Shot extends Input {
  readonly index: number
  readonly what: string
}

export interface Finding {
  /** One line, the same for the same kind of trouble. */
  readonly title: string
  readonly detail: string
  /** One input, or those among which it lies. */
  readonly inputs: readonly Shot[]
  readonly isTraced: boolean
}

export class Campaign {
  readonly #progress: Tally
  readonly #maker: FrameMaker
  readonly #served: ReadonlySet<number>
  readonly #found: (finding: Finding) => void
  #target: Target
  /** Looks at batches without a broker, while frames fly: it holds up its own event loop for that. */
  #validator = Target.open()
  #fire: Fire | null = null
  #inputs = 0

  /** `found` hears of each kind of trouble once; all are counted in `progress`. `target` is the first process under fire. */
  constructor(progress: Tally, served: readonly Api[], found: (finding: Finding) => void, target = Target.open()) {
    this.#target = target
    this.#progress = progress
    this.#maker = new FrameMaker(progress.seed, served)
    this.#served = new Set(served.map(({ key }) => key))
    this.#found = found
  }

  /** `onWindow` runs after each window. */
  async run(plan: Plan, onWindow: () => void = () => {}): Promise<void> {
    const progress = this.#progress
    const began = performance.now() - progress.seconds * 1000
    try {
      while (performance.now() < plan.until && (progress.frames < plan.frames || progress.batches < plan.batches)) {
        // Both in turns, so that a campaign that is stopped early has tried both.
        const framesLag = progress.frames * plan.batches <= progress.batches * plan.frames
        const isFrames = progress.frames < plan.frames && (framesLag || progress.batches >= plan.batches)
        await (isFrames ? this.#frames(plan) : this.#batches(plan))
        progress.seconds = Math.round((performance.now() - began) / 1000)
        if (this.#inputs >= INPUTS_PER_BROKER) await this.#change()
        onWindow()
      }
      await this.#change()
    } finally {
      await Promise.all([this.#target.kill(), this.#validator.kill()])
    }
  }

  async #frames(plan: Plan): Promise<void> {
    const { frames: from } = this.#progress
    const to = Math.min(plan.frames, from + FRAMES)
    this.#progress.framesLost += await this.#window(range(from, to).map((index) => shotOf(index, this.#maker.frame(index))))
    this.#progress.frames = to
  }

  async #batches(plan: Plan): Promise<void> {
    const progress = this.#progress
    const { batches: from, seed } = progress
    const to = Math.min(plan.batches, from + BATCHES)
    const validated = this.#validate(seed, from, to)
    const shots = range(from, to).map((index) => {
      const made = this.#maker.batch(index)
      return { ...shotOf(index, made), what: `records: ${made.how}` }
    })
    const lost = await this.#window(shots)
    progress.batchesLost += (await validated) ? lost : shots.length
    progress.batches = to
  }

  /** Whether all of them could be looked at. */
  async #validate(seed: number, from: number, to: number): Promise<boolean> {
    const progress = this.#progress
    try {
      const { accepted, wrong } = await this.#validator.validate(seed, from, to)
      progress.batchesAccepted += accepted
      for (const [index, what] of wrong) {
        const { records } = this.#maker.batch(index)
        this.#note({
          title: `batch: ${titleOf(what)}`,
          detail: what,
          isTraced: true,
          inputs: [{ kind: 'batch', bytes: records, index, what }],
        })
      }
      return true
    } catch (thrown) {
      const inputs = range(from, to).map((index) => {
        const { records, how } = this.#maker.batch(index)
        return { kind: 'batch' as const, bytes: records, index, what: how }
      })
      this.#note({ title: 'batch: the process is lost', detail: String(thrown), isTraced: false, inputs })
      await this.#validator.kill()
      this.#validator = Target.open()
      return false
    }
  }

  /** How many of them were not judged, since the broker was lost. */
  async #window(shots: readonly Shot[]): Promise<number> {
    const { verdicts } = this.#progress
    this.#inputs += shots.length
    let judged = 0
    try {
      const fire = (this.#fire ??= await Fire.open(this.#target, this.#served))
      await fire.shoot(shots, (shot, verdict) => {
        judged++
        verdicts[verdict.kind] = (verdicts[verdict.kind] ?? 0) + 1
        if (verdict.kind === 'wrong')
          this.#note({ title: `${shot.what}: ${titleOf(verdict.what)}`, detail: verdict.what, isTraced: true, inputs: [shot] })
      })
      await fire.bystand()
      const complaints = await fire.complaints()
      if (complaints.length > 0) await this.#trace(complaints, shots)
      return 0
    } catch (thrown) {
      const lost = shots.length - judged
      const detail = this.#target.ended ?? (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
      await this.#trace([detail], shots)
      await this.#replace()
      return lost
    }
  }

  /** Another broker: the old one must let go of everything, and what it stored must be readable. */
  async #change(): Promise<void> {
    const fire = this.#fire
    this.#inputs = 0
    if (!fire) return
    this.#fire = null
    try {
      this.#progress.recordsRead += await fire.readAll()
      const left = await fire.close()
      if (left !== null) this.#note({ title: 'memory is left behind', detail: left, inputs: [], isTraced: false })
    } catch (thrown) {
      const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      this.#note({ title: `at the end: ${titleOf(detail)}`, detail, inputs: [], isTraced: false })
      await this.#replace()
    }
  }

  async #replace(): Promise<void> {
    await this.#target.kill()
    this.#target = Target.open()
    this.#fire = null
  }

  // One after the other on a broker of their own, a few between two looks; a complaint that comes again for one input alone is its doing.
  async #trace(complaints: readonly string[], shots: readonly Shot[]): Promise<void> {
    const detail = complaints.join('\n')
    const title = titleOf(complaints[0]!)
    const isStall = complaints.every((complaint) => /stood still/.test(complaint))
    if (this.#progress.findings[title] !== undefined) return this.#note({ title, detail, inputs: shots, isTraced: false })
    const suspects: Shot[] = []
    const again = new Retrial(this.#served)
    try {
      for (let at = 0; at < shots.length; at += LOOK_EVERY) {
        const group = shots.slice(at, at + LOOK_EVERY)
        if (!(await again.complains(group))) continue
        for (const shot of group) if (await again.complains([shot])) suspects.push(shot)
      }
      let traced = 0
      for (const shot of suspects) {
        if (isStall && !(await again.complains([shot]))) continue // a slow moment of the machine
        traced++
        this.#note({ title: `${shot.what}: ${title}`, detail, inputs: [shot], isTraced: true })
      }
      // A stall that no frame causes alone, twice, is the machine's or the sum of many; only its number is kept.
      if (traced === 0) this.#note({ title: isStall ? `untraced: ${title}` : title, detail, inputs: shots, isTraced: false })
    } catch (thrown) {
      this.#note({ title, detail: `${detail}\n${thrown}`, inputs: shots, isTraced: false })
    } finally {
      await again.end()
    }
  }

  #note(finding: Finding): void {
    const { findings } = this.#progress
    findings[finding.title] = (findings[finding.title] ?? 0) + 1
    if (findings[finding.title] === 1) this.#found(finding)
  }
}

/** A broker for inputs that are under suspicion; a new one after each that kills it. */
class Retrial {
  readonly #served: ReadonlySet<number>
  #target = Target.open()
  #fire: Fire | null = null

  constructor(served: ReadonlySet<number>) {
    this.#served = served
  }

  async complains(shots: readonly Shot[]): Promise<boolean> {
    const fire = (this.#fire ??= await Fire.open(this.#target, this.#served))
    try {
      await fire.shoot(shots, () => {}, 1)
      return (await fire.complaints()).length > 0
    } catch {
      await this.end()
      this.#target = Target.open()
      this.#fire = null
      return true
    }
  }

  async end(): Promise<void> {
    await this.#target.kill()
  }
}

function shotOf(index: number, { api, how, frame, announced }: FrameCase): Shot {
  const what = api ? `${api.name}, ${how}` : how
  if (announced === undefined) return { kind: 'frame', bytes: frame, index, what }
  return { kind: 'raw', bytes: framed(frame, announced), index, what }
}

/** The first line, without what differs from case to case. */
export function titleOf(detail: string): string {
  const first = detail.split('\n')[0]!
  return first.replaceAll(/\d+/g, 'N').slice(0, 160)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
