/** The table of the clients: a line for each broker and figure, a column for each client, and how ours stands to the others. */
import { clientNames } from './clients.mjs'
import { median, notReached, round } from './table.mjs'
import { clientTargets } from './targets.mjs'

const brokerNames = { ours: 'ours', apache: "Apache's" }
/** Of a rate more is better, of everything else less. */
const figures = [
  { name: 'recordsPerSecond', label: 'records/s', best: Math.max },
  { name: 'cpuPerMillion', label: 'client CPU s per million records', best: Math.min },
  { name: 'peakMiB', label: 'peak memory MiB', best: Math.min },
  { name: 'grownMiB', label: 'of it taken by the client', best: Math.min },
  { name: 'pauseMs', label: 'longest pause of the loop ms', best: Math.min },
]
const columns = [
  ...['case', 'broker', 'figure', ...clientNames, 'to the best other for Node', 'to Java'],
  ...['must', 'aim', 'verdict', 'odradek min..max', 'otherCores'],
]

/** Lines for those of these cases that have a result; `verdicts` is told how each target stands. */
export function clientLines(cases, results, verdicts) {
  const rows = cases.flatMap((each) => {
    const result = results.find((one) => one.case === each.name)
    return result === undefined ? [] : Object.keys(brokerNames).flatMap((broker) => brokerLines(each, result, broker, verdicts))
  })
  return rows.length === 0 ? [] : ['', `| ${columns.join(' | ')} |`, `|${columns.map(() => '---').join('|')}|`, ...rows]
}

function brokerLines({ name, about, mode }, { runs }, broker, verdicts) {
  const good = runs.filter((run) => run.broker === broker && run.error === undefined)
  const known = figures.map((figure) => ({ figure, values: valuesOf(good, figure) })).filter(({ values }) => values[0] !== null)
  return known.map(({ figure, values }, at) => {
    const [own, ...others] = values
    const best = figure.best(...others.slice(0, -1).filter(Number.isFinite))
    const measured = { own, toBest: ratio(own, best), toJava: ratio(own, others.at(-1)) }
    const target = clientTargets(mode, figure.name, broker)
    const stands = verdict(target, measured)
    if (stands !== '')
      verdicts.push({ verdict: stands, what: `${name} on ${brokerNames[broker]} ${figure.label} ${round(measured[target.of])}` })
    const head = at === 0 ? [`**${name}**: ${about}`, brokerNames[broker]] : ['', '']
    const all = good.map(({ figures: found }) => found[`odradek ${figure.name}`]).filter(Number.isFinite)
    return `| ${[
      ...head,
      figure.label,
      ...[...values, measured.toBest, measured.toJava].map((value) => (value === null ? '' : round(value))),
      ...[target?.must, target?.aim].map((bound) => bound?.text ?? ''),
      stands,
      `${round(Math.min(...all))}..${round(Math.max(...all))}`,
      at === 0 ? strangers(good) : '',
    ].join(' | ')} |`
  })
}

const valuesOf = (runs, { name }) => clientNames.map((client) => median(runs.map((run) => run.figures[`${client} ${name}`])))

const ratio = (own, other) => (other && Number.isFinite(other) ? own / other : null)

function verdict(target, measured) {
  if (target === undefined) return ''
  const reaches = (bound) => bound?.holds(measured)
  if (reaches(target.aim)) return 'aim'
  return reaches(target.must) ? 'must' : notReached
}

function strangers(runs) {
  const all = runs.map(({ figures: found }) => found.otherCores).filter(Number.isFinite)
  return all.length === 0 ? '' : `${round(Math.max(...all))}${runs.some(({ isNoisy }) => isNoisy) ? ' noisy' : ''}`
}
