// What a campaign did so far.

export interface Tally {
  readonly seed: number
  /** The numbers of the next frame and batch of the seed. */
  frames: number
  batches: number
  /** How many of these went by without a verdict, because their broker was lost: they do not count. */
  framesLost: number
  batchesLost: number
  /** What came of the frames, by kind of verdict. */
  readonly verdicts: Record<string, number>
  batchesAccepted: number
  recordsRead: number
  /** How often each complaint was heard. */
  readonly findings: Record<string, number>
  seconds: number
}

export function newTally(seed: number, frames = 0, batches = 0): Tally {
  return {
    seed,
    frames,
    batches,
    framesLost: 0,
    batchesLost: 0,
    verdicts: {},
    batchesAccepted: 0,
    recordsRead: 0,
    findings: {},
    seconds: 0,
  }
}

/** What was counted between two moments of a tally, by names that stay the same from day to day. */
export function countsOf(now: Tally, before: Tally): Record<string, number> {
  const counts: Record<string, number> = {
    frames: now.frames - before.frames,
    batches: now.batches - before.batches,
    framesLost: now.framesLost - before.framesLost,
    batchesLost: now.batchesLost - before.batchesLost,
    batchesAccepted: now.batchesAccepted - before.batchesAccepted,
    recordsRead: now.recordsRead - before.recordsRead,
  }
  for (const [kind, times] of Object.entries(now.verdicts)) counts[kind] = times - (before.verdicts[kind] ?? 0)
  return counts
}
