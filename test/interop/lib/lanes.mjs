/** Several judges at the same time: each sits in a process of its own, and its words are printed together when it has ended. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectDir } from './brokers.mjs'
import { run } from './processes.mjs'

/** What a judge's process may take beyond its own limit: installations on a bare machine. */
const SPARE_MINUTES = 20
const SUMMARY = '\njudge                passed'

/**
 * Lets `judges` sit, `atOnce` of them at a time and in their order, with the arguments of this program. Resolves with their rows (see `sit`), in the
 * same order. The project must be built already.
 */
export async function sitApart(judges, atOnce, args) {
  const dir = mkdtempSync(join(process.env.TMPDIR || tmpdir(), 'odradek-rows-'))
  // Written once, by the one who has all rows.
  const forOne = args.filter((arg) => arg !== '--update-expected')
  const rows = []
  let next = 0
  const lane = async () => {
    while (next < judges.length) {
      const index = next++
      rows[index] = await sitInProcess(judges[index], forOne, join(dir, `${index}.json`))
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, judges.length) }, lane))
  rmSync(dir, { recursive: true, force: true })
  return rows
}

async function sitInProcess(judge, args, file) {
  console.log(`-- ${judge.name} begins`)
  const own = ['--only', `^${judge.name}$`, '--at-once', '1', '--json', file]
  const { code, stdout, stderr } = await run(process.execPath, [join(projectDir, 'scripts/interop.mjs'), ...args, ...own], {
    env: { ...process.env, ODRADEK_BUILD: process.env.ODRADEK_BUILD || projectDir },
    timeoutMs: ((judge.minutes ?? 5) + SPARE_MINUTES) * 60_000,
  })
  console.log(stdout.slice(0, stdout.lastIndexOf(SUMMARY) + 1 || undefined).trimEnd() + stderr)
  return rowOf(judge, file, code)
}

function rowOf(judge, file, code) {
  try {
    const [{ outcomes, ...row }] = JSON.parse(readFileSync(file, 'utf8'))
    return { ...row, judge, outcomes: new Map(Object.entries(outcomes)) }
  } catch (error) {
    const why = `its process ended with ${code} and left no result: ${error.message}`
    return { judge, ok: false, outcomes: new Map([['the judge runs to its end', { outcome: 'failed', why }]]) }
  }
}
