/** From runs to a table: medians per case and broker, and the ratio of ours to Apache Kafka. */

/** The median of the numbers among these. */
export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** One row per case and broker: the medians of every figure, and how many runs failed. */
export function summarize(runs) {
  const rows = new Map()
  for (const each of runs) {
    const key = `${each.case}\n${each.broker}`
    rows.set(key, [...(rows.get(key) ?? []), each])
  }
  return [...rows.values()].map((group) => {
    const good = group.filter((each) => each.error === undefined)
    const names = [...new Set(good.flatMap((each) => Object.keys(each.figures)))]
    const figures = Object.fromEntries(names.map((name) => [name, median(good.map((each) => each.figures[name]))]))
    return { case: group[0].case, broker: group[0].broker, runs: good.length, failed: group.length - good.length, figures }
  })
}

export function round(value) {
  if (value === null || value === undefined) return '-'
  if (Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en-US')
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

const units = {
  mbPerSecond: 'MB/s',
  requestsPerSecond: 'requests/s',
  recordsPerSecond: 'records/s',
  rssWith: 'RSS MiB',
  rssBefore: 'RSS before MiB',
  rssIdle: 'RSS idle MiB',
  readyMs: 'ready ms',
  medianMs: 'median ms',
  createMs: 'create ms',
  restartMs: 'clean restart ms',
  crashRestartMs: 'restart after kill ms',
  stopMs: 'stop ms',
  openMs: 'open ms',
}

/**
 * The Markdown table that goes into README.md: the first broker against the second, a third beside them. A ratio above 1 means that
 * the first does better, whatever the figure is.
 */
export function markdown(cases, summary, [first, second = 'apache', third = '']) {
  const lines = [
    `| case | figure | ${first} | ${second} | ${first} is better by | ${third} | broker CPU s/GB | RSS peak MiB | otherCores |`,
    '|---|---|---|---|---|---|---|---|---|',
  ]
  for (const each of cases) {
    const of = (broker) => summary.find((row) => row.case === each.name && row.broker === broker)
    const [ours, apache, fsync] = [of(first), of(second), of(third)]
    if (!ours && !apache) continue
    const pair = (name) => `${round(ours?.figures[name])} / ${round(apache?.figures[name])}`
    const others = Math.max(...[ours, apache, fsync].map((row) => row?.figures.otherCores ?? 0))
    for (const [index, name] of figuresOf(each, ours, apache).entries()) {
      const cell = (row) => (row === undefined ? '' : row.runs === 0 ? 'failed' : round(row.figures[name]))
      const lower = each.lowerIsBetter || index > 0 // all the secondary figures are times and sizes
      const cost =
        index === 0
          ? [pair(each.main === 'mbPerSecond' || each.needsJava ? 'cpuPerGB' : ''), pair('rssPeak'), round(others)]
          : ['', '', '']
      const head = index === 0 ? `${each.name}: ${each.about}` : ''
      lines.push(
        `| ${head} | ${units[name] ?? name} | ${cell(ours)} | ${cell(apache)} | ${better(ours, apache, name, lower)} | ${cell(fsync)} | ${cost.join(' | ')} |`,
      )
    }
  }
  return lines.join('\n')
}

/** The main figure first, then the other ones worth a line. */
function figuresOf(each, ours, apache) {
  const known = ['p50', 'p99', 'ack p50', 'ack p99', 'end-to-end p50', 'end-to-end p99', ...Object.keys(units)].filter(
    (name) => !/PerSecond$/.test(name),
  )
  const has = (name) => [ours, apache].some((row) => Number.isFinite(row?.figures[name]))
  return [each.main, ...known.filter((name) => name !== each.main && has(name))]
}

function better(ours, apache, name, lower) {
  const [mine, theirs] = [ours?.figures[name], apache?.figures[name]]
  if (!mine || !theirs) return ''
  return `x ${round(lower ? theirs / mine : mine / theirs)}`
}
