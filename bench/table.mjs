/** From results to the table: medians of each broker, the ratio, and how it stands to what was to be reached. */
import { clientLines } from './client-table.mjs'
import { figures, shownFigures } from './figures.mjs'
import { longestSliceMs, targets } from './targets.mjs'

/** The median of the numbers among these. */
export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function round(value) {
  if (value === null || value === undefined) return '-'
  if (Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en-US')
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

const columns = ([ours, theirs = '']) => [
  ...['case', 'figure', ours, theirs, 'ratio', 'must', 'aim', 'verdict'],
  ...[`${ours} min..max`, `${theirs} min..max`, 'longest slice ms', 'otherCores'],
]

/** Targets are about ours and Apache's, not about two builds of ours. */
const targetsOf = (name, pair) => (pair[0] === 'ours' && pair[1] === 'apache' ? (targets[name] ?? []) : [])

/**
 * The lines of the table for these cases (all of cases/index.mjs, or some) and results. A ratio is ours to Apache's. Cases without a
 * result are listed below it; those that compare clients have a table of their own kind. `pair` names what stands for ours and for Apache.
 */
export function markdown(cases, results, pair = ['ours', 'apache']) {
  const verdicts = []
  const hasResult = ({ name }) => results.some((one) => one.case === name)
  const rows = cases
    .filter((each) => !each.comparesClients && hasResult(each))
    .flatMap((each) =>
      caseLines(
        each,
        results.find((one) => one.case === each.name),
        pair,
        verdicts,
      ),
    )
  const head = [`| ${columns(pair).join(' | ')} |`, `|${columns(pair).fill('---').join('|')}|`]
  const lines = rows.length > 0 ? [...head, ...rows] : []
  lines.push(
    ...clientLines(
      cases.filter((each) => each.comparesClients),
      results,
      verdicts,
    ),
  )
  const missing = cases.filter((each) => !hasResult(each)).map(({ name }) => name)
  if (verdicts.length > 0) lines.push('', counted(verdicts))
  if (missing.length > 0) lines.push('', `Not measured: ${missing.join(', ')}.`)
  return lines.join('\n')
}

/** How many targets stand where, and which are not reached. */
function counted(verdicts) {
  const count = (wanted) => verdicts.filter(({ verdict }) => verdict === wanted).length
  const missed = verdicts.filter(({ verdict }) => verdict === notReached).map(({ what }) => what)
  const reached = `${count('aim')} of ${verdicts.length} targets stand at the aim, ${count('must')} at the must`
  return `${reached}, ${missed.length} are not reached${missed.length > 0 ? `: ${missed.join('; ')}` : ''}.`
}

export const notReached = '**NOT**'

function caseLines({ name, about, main }, result, pair, verdicts) {
  const rows = [...pairRows(name, main, result, pair), ...otherRows(result, targetsOf(name, pair))]
  return rows.map(({ figure, target, cells }, index) => {
    const head = index === 0 ? `**${name}**: ${about}` : ''
    const tail = index === 0 ? [slices(result, pair), strangers(result)] : ['', '']
    const { ours, theirs, ratio } = cells
    const stands = verdict(target, ours.median, ratio)
    if (stands !== '')
      verdicts.push({ verdict: stands, what: `${name} ${figure} ${round(target.isAbsolute ? ours.median : ratio)}` })
    const shown = [ours.median, theirs?.median ?? null].map((value, i) => (i === 1 && theirs === undefined ? '' : round(value)))
    return `| ${[
      head,
      figure,
      ...shown,
      ratio === null ? '' : round(ratio),
      ...expected(target),
      stands,
      spread(ours),
      theirs === undefined ? '' : spread(theirs),
      ...tail,
    ].join(' | ')} |`
  })
}

/** A row for each figure of the two that are compared, with its target if it has one. */
function pairRows(name, main, result, pair) {
  const has = (figure) => pair.some((broker) => valuesOf(result, broker, figure).length > 0)
  return shownFigures(main, has).map((figure) => {
    const target = targetsOf(name, pair).find((each) => each.figure === figure && (each.of ?? ['ours'])[0] === 'ours')
    return row(figures[figure].label, target, result, pair, figure)
  })
}

/** Rows for the targets of other brokers, and for what ours with fsync does besides. */
function otherRows(result, wanted) {
  const rest = wanted.filter(({ of, figure, isAbsolute }, _, all) => {
    const isSecondOfPair = isAbsolute && of[0] === 'ours' && all.some((each) => each.figure === figure && !each.isAbsolute)
    return (of !== undefined && of[0] !== 'ours') || isSecondOfPair
  })
  return rest
    .filter(({ of }) => of.some((broker) => hasRuns(result, broker)))
    .map((target) => row(`${figures[target.figure].label}${asWhat(target)}`, target, result, target.of, target.figure))
}

const asWhat = ({ of }) => {
  if (of[0] === 'ours') return ', absolute'
  if (of[0] === 'ours-two') return ', two processes, against one'
  if (of[1] === 'apache-flush') return ', fsync before the answer, against flush.messages=1'
  return of[1] === 'apache' ? ', fsync before the answer, against no fsync' : ', fsync before the answer'
}

function row(label, target, result, [first, second], figure) {
  const ours = summary(result, first, figure)
  const theirs = second === undefined ? undefined : summary(result, second, figure)
  const ratio = theirs?.median && ours.median !== null ? ours.median / theirs.median : null
  return { figure: label, target, cells: { ours, theirs, ratio } }
}

const hasRuns = (result, broker) => result.runs.some((each) => each.broker === broker)

function valuesOf(result, broker, figure) {
  const good = result.runs.filter((each) => each.broker === broker && each.error === undefined)
  return good.map((each) => each.figures[figure]).filter((value) => Number.isFinite(value))
}

function summary(result, broker, figure) {
  const values = valuesOf(result, broker, figure)
  const failed = result.runs.filter((each) => each.broker === broker && each.error !== undefined).length
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), runs: values.length, failed }
}

function spread({ min, max, runs, failed }) {
  const all = runs > 1 ? `${round(min)}..${round(max)}` : ''
  return failed > 0 ? `${all} ${failed} failed`.trim() : all
}

function expected(target) {
  if (target === undefined) return ['', '']
  const sign = isAtLeast(target) ? '≥' : '≤'
  const one = (value) => (value === null ? '' : `${sign} ${value}${target.isAbsolute ? '' : 'x'}`)
  return [one(target.must), one(target.aim)]
}

const isAtLeast = ({ figure }) => figures[figure].isBetter === 'more'

/** 'aim' where that is reached, 'must' where only that, 'NOT' where it is not; nothing where nothing is asked. */
function verdict(target, ours, ratio) {
  if (target === undefined || (target.must === null && target.aim === null)) return ''
  const value = target.isAbsolute ? ours : ratio
  if (value === null) return '?'
  const reaches = (bound) => (isAtLeast(target) ? value >= bound : value <= bound)
  if (target.aim !== null && reaches(target.aim)) return 'aim'
  if (target.must === null) return 'below aim'
  return reaches(target.must) ? 'must' : notReached
}

/** The longest turn of our event loop in any run, without its pauses for garbage, and how much of one was on a CPU; with fsync besides. */
function slices(result, pair) {
  const plain = slice(result, pair[0])
  const flushing = pair[0] === 'ours' ? slice(result, 'ours-fsync') : ''
  return flushing === '' ? plain : `${plain}; with fsync ${flushing}`
}

function slice(result, broker) {
  const most = (figure) => Math.max(...valuesOf(result, broker, figure))
  const longest = most('sliceMs')
  if (!Number.isFinite(longest)) return ''
  const parts = [
    `p99.9 ${round(most('sliceP999Ms'))}`,
    `without GC ${round(most('sliceWithoutGcMs'))}`,
    `on CPU ${round(most('sliceCpuMs'))}`,
  ]
  const text = `${round(longest)} (${parts.join(', ')})`
  return longest > longestSliceMs ? `**${text}**` : text
}

function strangers(result) {
  const all = result.runs.map((each) => each.figures.otherCores).filter((value) => Number.isFinite(value))
  if (all.length === 0) return ''
  return `${round(Math.max(...all))}${result.runs.some((each) => each.isNoisy) ? ' noisy' : ''}`
}
