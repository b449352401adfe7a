/** What a judge found: one outcome per test name, printed as it happens and compared with the expected failures at the end. */

/** Thrown by a test that cannot run here; its message says why. */
export class Skip extends Error {}

export class Report {
  constructor(judge, print = console.log) {
    this.judge = judge
    this.print = print
    this.outcomes = new Map()
  }

  /** Notes one outcome: 'passed', 'failed' or 'skipped'. A name noted twice keeps its worse outcome. */
  record(name, outcome, why = '', ms = null) {
    const earlier = this.outcomes.get(name)
    if (earlier?.outcome === 'failed') return
    this.outcomes.set(name, { outcome, why })
    const mark = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[outcome]
    const time = ms === null ? '' : ` (${(ms / 1000).toFixed(1)} s)`
    if (this.print) this.print(`  ${mark} ${name}${time}${why ? `  ${oneLine(why)}` : ''}`)
  }

  /** Runs one test: it passes unless it throws; `Skip` skips it. A test that takes longer than `timeoutMs` fails. */
  async test(name, body, { timeoutMs = 60_000 } = {}) {
    const startedAt = performance.now()
    let limit
    try {
      const late = new Promise((_, reject) => {
        limit = setTimeout(() => reject(new Error(`took longer than ${timeoutMs / 1000} s`)), timeoutMs)
      })
      await Promise.race([body(), late])
      this.record(name, 'passed', '', performance.now() - startedAt)
    } catch (error) {
      const outcome = error instanceof Skip ? 'skipped' : 'failed'
      this.record(name, outcome, error.message ?? String(error), performance.now() - startedAt)
    } finally {
      clearTimeout(limit)
    }
  }

  /** Takes the lines `  pass name 1.2s why` that our scripts in other languages print. */
  takeLines(text) {
    const outcome = { pass: 'passed', fail: 'failed', skip: 'skipped' }
    for (const [, word, name, seconds, why] of text.matchAll(/^ {2}(pass|fail|skip) (\S+) ([\d.]+)s ?(.*)$/gm)) {
      this.record(name, outcome[word], why, Number(seconds) * 1000)
    }
  }

  count(outcome) {
    return [...this.outcomes.values()].filter((each) => each.outcome === outcome).length
  }
}

/** Repeats a check that may need a moment (Kafka applies metadata a little later) until it passes or the time is over. */
export async function eventually(check, ms = 10_000) {
  const deadline = performance.now() + ms
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resume) => setTimeout(resume, 100))
    }
  }
}

function oneLine(text) {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length > 300 ? `${line.slice(0, 300)} …` : line
}

/**
 * Compares outcomes with the expected failures ({ [test name]: reason }). `unexpected`: failed and not in the list; `surprising`:
 * in the list and passed, so its line must go; `unknown`: in the list but never run (only told when the judge ran to its end).
 */
export function compare(outcomes, expected) {
  const names = Object.keys(expected)
  const failed = [...outcomes].filter(([, { outcome }]) => outcome === 'failed').map(([name]) => name)
  return {
    expected: failed.filter((name) => names.includes(name)),
    unexpected: failed.filter((name) => !names.includes(name)),
    surprising: names.filter((name) => outcomes.get(name)?.outcome === 'passed'),
    unknown: names.filter((name) => !outcomes.has(name)),
  }
}
