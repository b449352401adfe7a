// Torn tails: the last batch cut at every byte, every bit of a batch turned, found at the start or by the scrub; and what nobody can find.

import type { Campaign, Task } from './campaign.ts'
import { cutTo, fieldAt, type Outcome, turnedBelowRecoveryPoint, turnedPastRecoveryPoint } from './torn-cases.ts'
import { KINDS, type TornImage, tornImage } from './torn-images.ts'

export interface TornCase {
  readonly how: 'cuts' | 'bits past the recovery point' | 'bits of the last batch below it' | 'bits of another batch below it'
  readonly field: string
  readonly run: () => Promise<Outcome>
}

/** Every case of an image; with `stride` above 1 only each so-manieth bit and byte. */
export function* casesOf(image: TornImage, stride = 1): Generator<TornCase, void, undefined> {
  const last = image.placed.length - 1
  const { size } = image.placed[last]!
  for (let kept = 0; kept < size; kept += stride) yield { how: 'cuts', field: 'the end', run: () => cutTo(image, kept) }
  for (let bit = 0; bit < size * 8; bit += stride) {
    const field = fieldAt(bit >> 3)
    yield { how: 'bits past the recovery point', field, run: () => turnedPastRecoveryPoint(image, bit) }
    yield { how: 'bits of the last batch below it', field, run: () => turnedBelowRecoveryPoint(image, last, bit) }
    yield { how: 'bits of another batch below it', field, run: () => turnedBelowRecoveryPoint(image, last - 1, bit) }
  }
}

/** Outside of the checksum, and not told by what comes before and behind: a sound batch could say just that. */
export function mayBeUnseen({ hasGaps }: TornImage, field: string): boolean {
  return field === 'partitionLeaderEpoch' || (hasGaps && field === 'baseOffset')
}

export const torn: Campaign = {
  name: 'torn',
  about: `a batch cut at every byte, every bit turned (${KINDS.length} kinds of batches), at the start and by the scrub`,
  goals: [{ count: 'sweeps of a kind', target: KINDS.length }],
  share: 1,

  async run(task) {
    const unseen = new Map<string, number>()
    let cases = 0
    for (let i = 0; i < task.times && !task.isOver(); i++) {
      const kind = KINDS[(task.first + i) % KINDS.length]!
      const { done, isWhole } = await sweep(task, await tornImage(kind), unseen)
      cases += done
      if (isWhole) task.counters.add({ 'sweeps of a kind': 1 })
      task.say(`${kind}: ${isWhole ? '' : 'the time was over after '}${done} cases`)
      task.progress(i + 1)
    }
    task.say(`${cases} cases. What stays unseen, by field and by who looked:`)
    for (const [what, times] of [...unseen].sort()) task.say(`  ${what}: ${times}`)
    if (unseen.size === 0) task.say('  nothing')
  },
}

async function sweep(task: Task, image: TornImage, unseen: Map<string, number>): Promise<{ done: number; isWhole: boolean }> {
  const began = performance.now()
  let done = 0
  let isWhole = true
  for (const { how, field, run } of casesOf(image)) {
    if (task.isOver()) {
      isWhole = false
      break
    }
    const outcome = await run()
    task.counters.add({ [how]: 1 })
    if (outcome === 'unseen') {
      const what = `${field}, ${how}`
      unseen.set(what, (unseen.get(what) ?? 0) + 1)
      task.counters.add({ [`unseen: ${field}`]: 1 })
      if (!mayBeUnseen(image, field)) fail(`${how}: a change of ${field} is not seen`)
    } else if (outcome === 'neighbour')
      task.counters.add({
        [`a neighbour held for the wrong one (${field === 'baseOffset' ? 'base offsets' : 'leader epochs'})`]: 1,
      })
    else if (outcome !== 'found') fail(`${how}, ${field}: ${outcome.wrong}`)
    done++

    function fail(what: string): void {
      task.say(`FAILED ${image.kind}: ${what}`)
      task.counters.fail(`${image.kind}: ${what}`, 'npm run crash -- --only torn')
    }
  }
  task.counters.add({}, (performance.now() - began) / 1000)
  return { done, isWhole }
}
