// Counters of campaigns that spread over days: test/campaigns/<name>.json, committed, holds a list of shares, each of which names the
// commit whose src it ran on.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Failure {
  /** One line, the same for the same kind of trouble. */
  readonly title: string
  /** How to see it again: a command, or a seed. */
  readonly repeat: string
  times: number
}

/** What was done on one commit. */
export interface Share {
  readonly commit: string
  /** The last day of work on it. */
  date: string
  readonly counts: Record<string, number>
  seconds: number
  readonly failures: Failure[]
}

/** More kinds of trouble than these on one commit are one trouble. */
const MAX_FAILURES = 50

export class Counters {
  readonly path: string
  readonly #commit: string
  readonly #today: string
  readonly #isKept: boolean
  /** How many failures were noted here, since these counters were opened. */
  failuresHere = 0
  /** What is not in the file yet. */
  #fresh: Share

  /** Where `isKept` is false `save` does nothing: what is done is told, and counts nowhere. */
  constructor(path: string, commit: string, today: string, isKept = true) {
    this.#isKept = isKept
    this.path = path
    this.#commit = commit
    this.#today = today
    this.#fresh = this.#emptyShare()
  }

  /** Everything so far, on all commits, what is not saved yet included. */
  get shares(): readonly Share[] {
    const shares = readShares(this.path)
    merge(shares, this.#fresh)
    return shares
  }

  /** What failed on the present commit, in this share and in earlier ones. */
  get failuresOnCommit(): readonly Failure[] {
    return this.shares.filter(({ commit }) => commit === this.#commit).flatMap(({ failures }) => failures)
  }

  /** The sum over all shares. */
  total(count: string): number {
    return this.shares.reduce((sum, { counts }) => sum + (counts[count] ?? 0), 0)
  }

  /** Adds to the share of the present commit; `seconds` is how long it took. */
  add(counts: Readonly<Record<string, number>>, seconds = 0): void {
    merge([this.#fresh], { ...this.#emptyShare(), counts: { ...counts }, seconds })
  }

  /** Notes a failure; the same title again is counted. */
  fail(title: string, repeat: string): void {
    this.failuresHere++
    merge([this.#fresh], { ...this.#emptyShare(), failures: [{ title, repeat, times: 1 }] })
  }

  /** Brings what is new into the file, which is replaced whole. What another process saved in the meantime stays. */
  save(): void {
    if (!this.#isKept) return
    const { shares } = this
    mkdirSync(dirname(this.path), { recursive: true })
    const beside = `${this.path}.${process.pid}.new`
    writeFileSync(beside, `${JSON.stringify(shares.map(rounded), null, 2)}\n`)
    renameSync(beside, this.path)
    this.#fresh = this.#emptyShare()
  }

  #emptyShare(): Share {
    return { commit: this.#commit, date: this.#today, counts: {}, seconds: 0, failures: [] }
  }
}

export interface CounterOptions {
  readonly path?: string
  readonly commit?: string
  readonly today?: string
  /** Whether `save` writes; default true. */
  readonly isKept?: boolean
}

/** The counters of a campaign. The file is made by the first `save`; throws where it is there and holds something else. */
export function openCounters(name: string, options: CounterOptions = {}): Counters {
  const { today = new Date().toISOString().slice(0, 10), isKept = true } = options
  const path = options.path ?? `test/campaigns/${name}.json`
  readShares(path)
  return new Counters(path, options.commit ?? commitOfSources(), today, isKept)
}

/** The last commit that changed src, or `folders`; what is changed there and not committed is said. */
export function commitOfSources(folders: readonly string[] = ['src']): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const isChanged = git('status', '--porcelain', '--', ...folders) !== ''
    return git('log', '-1', '--format=%h', '--', ...folders) + (isChanged ? '-changed' : '')
  } catch {
    return 'no-repository'
  }
}

function readShares(path: string): Share[] {
  if (!existsSync(path)) return []
  let found: unknown
  try {
    found = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new Error(`${path} is not JSON: restore it from the repository, or remove it to count from zero`, { cause })
  }
  if (!Array.isArray(found)) throw new Error(`${path} holds no list of shares: restore it from the repository, or remove it`)
  return found
}

function merge(shares: Share[], { commit, date, counts, seconds, failures }: Share): void {
  if (Object.keys(counts).length === 0 && seconds === 0 && failures.length === 0) return
  let share = shares.find((each) => each.commit === commit)
  if (!share) {
    share = { commit, date, counts: {}, seconds: 0, failures: [] }
    shares.push(share)
  }
  share.date = date
  share.seconds += seconds
  for (const [name, count] of Object.entries(counts)) share.counts[name] = (share.counts[name] ?? 0) + count
  for (const failure of failures) {
    const known = share.failures.find(({ title }) => title === failure.title)
    if (known) known.times += failure.times
    else if (share.failures.length < MAX_FAILURES) share.failures.push({ ...failure })
  }
}

function rounded(share: Share): Share {
  return { ...share, seconds: Math.round(share.seconds * 10) / 10 }
}
