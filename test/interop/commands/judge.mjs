/**
 * Kafka's command names as ours: every line of a table, right and wrong ones, through our command and through Apache's class. What changes something is run by
 * each against a broker of its own; what only looks is run by both against the same broker, and by Apache's once more against the one that ours has changed.
 * What no broker hears of is run once, not for each kind of broker. Ours and Apache's run at the same time.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { freePort, startBroker } from '../lib/brokers.mjs'
import { versions } from '../lib/cache.mjs'
import { eventually } from '../lib/report.mjs'
import { isOurs, runApaches, runOurs, wordsFor } from './commands.mjs'
import { files, ownFiles } from './files.mjs'
import { chapters } from './lines/index.mjs'
import { compared } from './masks.mjs'

export const judge = {
  name: 'commands',
  about: `our kafka-* commands beside Apache Kafka ${versions.kafka}'s: output and exit codes of each line of a table, on Apache's broker and on ours`,
  needs: ['java', 'mvn'],
  startsBrokers: true,
  minutes: 30,

  install: installTools,

  async run({ report, tools: installed, workDir, kind }) {
    const runner = new ToolRunner(installed)
    const dir = join(workDir, 'files')
    mkdirSync(dir, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
    try {
      for (const served of kind === 'apache' ? ['apache'] : ['apache', 'ours']) {
        await withPair(served, workDir, async (pair) => {
          for (const [chapter, lines] of Object.entries(chapters)) {
            for (const line of lines) await judgeLine({ report, runner, dir, pair, served, chapter, line })
          }
        })
      }
      countLines(report)
    } finally {
      runner.close()
    }
  },
}

/** Two brokers of one kind, started alike: one for Apache's commands, one for ours. */
async function withPair(kind, workDir, use) {
  const brokers = []
  try {
    for (const side of ['theirs', 'ours']) {
      const controllerPort = await freePort()
      const controller = `127.0.0.1:${controllerPort}`
      const overrides = { 'group.initial.rebalance.delay.ms': '0', 'controller.quorum.bootstrap.servers': controller }
      const dir = join(workDir, `${kind}-${side}`)
      const broker = await startBroker({ kind, dir, overrides, controllerPort })
      brokers.push({ ...broker, controller, own: ownFolder(`${dir}-files`, broker.dataDir) })
    }
    await use({ theirs: brokers[0], ours: brokers[1] })
  } finally {
    for (const broker of brokers) await broker.kill()
  }
}

/** Where one of the two writes; its files may name it. */
function ownFolder(folder, dataDir) {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(ownFiles))
    writeFileSync(join(folder, name), text.replaceAll('$S', folder).replaceAll('$L', dataDir))
  return folder
}

const seen = new Map()

async function judgeLine({ report, runner, dir, pair, served, chapter, line }) {
  const { tool, words, kind } = line
  if ((line.on ?? (kind === 'wrong' ? 'apache' : served)) !== served) return
  const title = `${chapter}, ${served}: ${tool} ${words}`
  const nth = (seen.get(title) ?? 0) + 1
  seen.set(title, nth)
  const theirs = (broker) => runApaches(runner, line, wordsFor(line, broker, dir, pair.theirs.own))
  const ours = (broker) => runOurs(line, wordsFor(line, broker, dir, pair.ours.own))
  // What another command has to prepare, and alike on both sides.
  if (line.isPreparation) return void (await Promise.all([await theirs(pair.theirs), await theirs(pair.ours)]))
  if (!isOurs(tool)) return
  await report.test(nth === 1 ? title : `${title} (${nth})`, () =>
    // Some things reach the other end a moment later.
    line.settles ? eventually(linesAlike, 5000) : linesAlike(),
  )

  async function linesAlike() {
    const mine = kind === 'changes' ? pair.ours : pair.theirs
    const found = textOf(ours, mine)
    if (line.oursFirst) await found
    const expected = await textOf(theirs, pair.theirs)
    same(await found, expected)
    if (kind === 'reads') same(await textOf(theirs, pair.ours), expected)
  }

  async function textOf(run, broker) {
    return compared(await run(broker), line, broker)
  }
}

function same(found, expected) {
  if (found !== expected) throw new Error(difference(found, expected))
}

/** The first lines that differ. */
function difference(found, expected) {
  const [ours, theirs] = [found.split('\n'), expected.split('\n')]
  const at = ours.findIndex((text, index) => text !== theirs[index])
  const from = at < 0 ? ours.length : at
  // Of a long line what stands just before the difference, and from there on.
  const same = [...(ours[from] ?? '')].findIndex((letter, index) => letter !== theirs[from]?.[index])
  const skipped = Math.max(0, same - 100)
  const show = (lines) =>
    lines
      .slice(from, from + 3)
      .join(' ⏎ ')
      .slice(skipped, skipped + 400) || '(nothing more)'
  return `line ${from + 1}: ${show(ours)}  INSTEAD OF  ${show(theirs)}`
}

/** By command: lines of the table, comparisons of them, and how many were alike. */
function countLines(report) {
  const counts = new Map()
  const of = (tool) => counts.get(tool) ?? counts.set(tool, { lines: 0, compared: 0, alike: 0 }).get(tool)
  const lines = Object.values(chapters)
    .flat()
    .filter(({ tool, isPreparation }) => isOurs(tool) && !isPreparation)
  for (const { tool } of lines) of(tool).lines++
  for (const [title, { outcome }] of report.outcomes) {
    const count = of(/: (\S+)/.exec(title)[1])
    count.compared++
    if (outcome === 'passed') count.alike++
  }
  for (const [tool, { lines: typed, compared: tried, alike }] of [...counts].sort())
    console.log(`  ${tool.padEnd(30)} ${typed} lines, ${tried} compared, ${alike} alike`)
  console.log(
    `  ${lines.length} lines of ${counts.size} commands, ${report.outcomes.size} compared, ${report.count('passed')} alike`,
  )
  const some = (isSuch) => lines.filter(isSuch).length
  console.log(
    `  ${some(({ inOwnWords }) => inOwnWords)} lines are alike in exit code and in saying something, ${some(({ ignores }) => ignores)} but for a sentence; ` +
      `${some(({ on }) => on === 'apache')} run on Apache's broker alone, as ours serve no transactions and share groups yet`,
  )
}
