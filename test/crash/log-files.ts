// One damaged file in a log directory, and a start on it: rebuilt, refused with a message, or (what must not be) believed.

import { LogDir } from '../../src/log/log-dir.ts'
import { LogWorld, seededRandom } from '../support/log-world.ts'
import { type Answers, answersOf, differences } from './answers.ts'
import { damaged } from './damage.ts'
import { diskOf } from './image.ts'
import { brief, isRefusal, isTold, keptLines, kindOf, type Verdict, withinTime } from './judge.ts'
import { eventsConfig, type LogImage, logImages } from './log-images.ts'
import { couldBeWhole } from './plausible.ts'

interface Case {
  readonly image: LogImage
  readonly expected: Answers
  /** The files that are damaged: all but the records themselves and the lock. */
  readonly targets: readonly string[]
}

/** Directories with other contents, so that no accident of one of them decides. */
const IMAGES = 3

export class LogFiles {
  readonly #cases: readonly Case[]

  private constructor(cases: readonly Case[]) {
    this.#cases = cases
  }

  static async make(images = IMAGES): Promise<LogFiles> {
    const cases: Case[] = []
    for (let seed = 0; seed < images; seed++) {
      const { clean, killed } = await logImages(seed)
      for (const image of [clean, killed]) {
        const targets = [...image.files.keys()].filter((path) => !/\.(log|lock)$/.test(path)).sort()
        cases.push({ image, expected: await open(image), targets })
      }
    }
    return new LogFiles(cases)
  }

  /** File number `number`, always the same damage to the same file. */
  async run(number: number): Promise<Verdict> {
    const random = seededRandom(number)
    const { image, expected, targets } = this.#cases[Math.floor(random.next() * this.#cases.length)]!
    const path = targets[Math.floor(random.next() * targets.length)]!
    const before = image.files.get(path)!
    const { how, bytes } = damaged(before, random)
    const what = `${kindOf(path)} after a ${image.wasClean ? 'clean stop' : 'kill'}: ${how}`
    const isPlausible = couldBeWhole(path, bytes)
    const files = new Map(image.files)
    files.set(path, bytes)
    const lines: string[] = []
    try {
      const found = await withinTime(open({ ...image, files }, lines))
      const different = differences(expected, found)
      if (different.length === 0) return { kind: 'rebuilt', what, detail: '' }
      const [first] = different
      const detail = `${path}: ${different.join(', ')}; first ${brief(expected[first!])}, now ${brief(found[first!])}`
      if (isPlausible) return { kind: 'untellable', what, detail }
      return { kind: isTold(path, different, lines) ? 'told' : 'wrong', what, detail }
    } catch (thrown) {
      const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      return { kind: isRefusal(thrown, path) ? 'refused' : 'wrong', what, detail }
    }
  }
}

/** A directory is opened, asked everything, and closed as a clean stop does: that, too, must get along with what was found. */
async function open(image: LogImage, lines: string[] = []): Promise<Answers> {
  const world = new LogWorld(eventsConfig(), await diskOf(image.files))
  const logger = keptLines(lines)
  const dir = await LogDir.open({ ...world, logger }, world.path, { nodeId: 1, clusterId: null, config: world.config })
  const answers = await answersOf(dir)
  await dir.close({ brokerEpoch: 8 })
  return answers
}
