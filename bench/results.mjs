/**
 * The results of single cases, kept in build/bench/results.json, so that a table may be filled in several sittings. A result belongs to the
 * sources it was measured on: the tree of `src` in git, with a `+` where files differ from it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectDir } from '../test/interop/lib/brokers.mjs'

const file = join(projectDir, 'build/bench/results.json')
const measuredParts = ['src', 'bin', 'package-lock.json']

/** { commit, source }: what is measured. Without git both are 'unknown'. */
export function measuredSources(dir = process.env.ODRADEK_BUILD || projectDir) {
  const git = (...args) => spawnSync('git', ['-C', dir, ...args], { encoding: 'utf8' })
  const commit = git('rev-parse', '--short', 'HEAD')
  if (commit.status !== 0) return { commit: 'unknown', source: 'unknown' }
  const changed = git('status', '--porcelain', '--', ...measuredParts).stdout.trim() === '' ? '' : '+'
  const tree = git('rev-parse', '--short', 'HEAD:src').stdout.trim()
  return { commit: commit.stdout.trim() + changed, source: tree + changed }
}

/** All kept results: one for each case and sources, { case, commit, source, date, seconds, conditions, runs }. */
export function keptResults() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
}

/** Keeps a case's result in place of an earlier one on the same sources. */
export function keep(result) {
  const others = keptResults().filter((each) => each.case !== result.case || each.source !== result.source)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, `${JSON.stringify([...others, result], null, 1)}\n`)
  renameSync(`${file}.new`, file)
}

/** The kept results on these sources. */
export const resultsOn = (source) => keptResults().filter((each) => each.source === source)
