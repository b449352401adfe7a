// What became of each planted bug: test/campaigns/<name>.json, committed, has one row for each that was hunted, with the commit it was hunted on.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { commitOfSources } from '../support/counter-file.ts'

export interface HuntedBug {
  readonly bug: string
  /** The last one that changed sources or simulation. */
  readonly commit: string
  readonly date: string
  /** That found it; null: none did so far. */
  readonly seed: number | null
  /** All seeds up to this one were run on that commit, and only `seed` found it. */
  readonly tried: number
  /** What the judges said. */
  readonly title: string
}

/** What a hunt depends on: what is hunted in, and who hunts. */
const FOLDERS = ['src', 'test/sim', 'test/support']

export class BugRecord {
  readonly #path: string
  readonly #commit: string
  readonly #today: string

  constructor(path: string, commit: string, today: string) {
    this.#path = path
    this.#commit = commit
    this.#today = today
  }

  /** The row of that bug, of whatever commit. */
  of(bug: string): HuntedBug | undefined {
    return this.#rows().find((row) => row.bug === bug)
  }

  /** The row of that bug, where it was hunted on the present commit. */
  ofNow(bug: string): HuntedBug | undefined {
    const row = this.of(bug)
    return row?.commit === this.#commit ? row : undefined
  }

  /** Takes the place of what was known of that bug. */
  note(found: Pick<HuntedBug, 'bug' | 'seed' | 'tried' | 'title'>): HuntedBug {
    const { bug, seed, tried, title } = found
    const row = { bug, commit: this.#commit, date: this.#today, seed, tried, title }
    const rows = this.#rows()
    const at = rows.findIndex((other) => other.bug === bug)
    if (at < 0) rows.push(row)
    else rows[at] = row
    mkdirSync(dirname(this.#path), { recursive: true })
    const beside = `${this.#path}.${process.pid}.new`
    writeFileSync(beside, `${JSON.stringify(rows, null, 2)}\n`)
    renameSync(beside, this.#path)
    return row
  }

  #rows(): HuntedBug[] {
    if (!existsSync(this.#path)) return []
    const found: unknown = JSON.parse(readFileSync(this.#path, 'utf8'))
    if (!Array.isArray(found)) throw new Error(`${this.#path} holds no list: restore it from the repository, or remove it`)
    return found
  }
}

/** The record of one kind of world, on the present commit. */
export function openBugRecord(name: string): BugRecord {
  return new BugRecord(`test/campaigns/${name}-bugs.json`, commitOfSources(FOLDERS), new Date().toISOString().slice(0, 10))
}
