// How far a campaign came, kept in a file so that it may be spread over days. Figures belong to one commit and one seed.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Progress {
  readonly commit: string
  readonly seed: number
  frames: number
  batches: number
  /** What came of the frames, by kind of verdict. */
  readonly verdicts: Record<string, number>
  batchesAccepted: number
  recordsRead: number
  /** How often each complaint was heard. */
  readonly findings: Record<string, number>
  seconds: number
}

export const pathFor = (seed: number) => `build/fuzz/seed-${seed}.json`

/** The commit that is tried; what is changed in the working tree is said. */
export function commitHere(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain', '--', 'src') === '' ? '' : '-changed')
  } catch {
    return 'no-repository'
  }
}

/** Goes on where the same commit stopped with this seed; begins anew otherwise. */
export function load(seed: number, path = pathFor(seed), commit = commitHere()): Progress {
  let known: Progress | null = null
  try {
    known = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    // there is none yet
  }
  if (known?.commit === commit && known.seed === seed) return known
  return { commit, seed, frames: 0, batches: 0, verdicts: {}, batchesAccepted: 0, recordsRead: 0, findings: {}, seconds: 0 }
}

export function save(progress: Progress, path = pathFor(progress.seed)): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, `${JSON.stringify(progress, null, 1)}\n`)
  renameSync(`${path}.new`, path)
}
