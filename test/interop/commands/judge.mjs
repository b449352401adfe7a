/**
 * Kafka's command names as ours: every line of a table, right and wrong ones, through our command and through Apache's class. What changes something is run by
 * each against a broker of its own; what only looks is run by both against the same broker, and by Apache's once more against the one that ours has changed.
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
  minutes: 15,

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
      brokers.push({ ...broker, controller, own: ownFolder(`${dir}-files`) })
    }
    await use({ theirs: brokers[0], ours: brokers[1] })
  } finally {
    for (const broker of brokers) await broker.kill()
  }
}

/** Where one of the two writes; its files may name it. */
function ownFolder(folder) {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(ownFiles)) writeFileSync(join(folder, name), text.replaceAll('$S', folder))
  return folder
}

const seen = new Map()

async function judgeLine({ report, runner, dir, pair, served, chapter, line }) {
  const { tool, words, kind } = line
  if (line.on && line.on !== served) return
  const title = `${chapter}, ${served}: ${tool} ${words}`
  const nth = (seen.get(title) ?? 0) + 1
  seen.set(title, nth)
  const theirs = (broker) => runApaches(runner, line, wordsFor(line, broker, dir, pair.theirs.own))
  const ours = (broker) => runOurs(line, wordsFor(line, broker, dir, pair.ours.own))
  // What another command has to prepare, as long as it has no bin.
  if (line.isPreparation) return void (await Promise.all([await theirs(pair.theirs), await theirs(pair.ours)]))
  if (!isOurs(tool)) return
  await report.test(nth === 1 ? title : `${title} (${nth})`, () =>
    kind === 'changes'
      ? alike(line, [
          [ours, pair.ours],
          [theirs, pair.theirs],
        ])
      : readsAlike(),
  )

  async function readsAlike() {
    await once(() =>
      alike(line, [
        [ours, pair.theirs],
        [theirs, pair.theirs],
      ]),
    )
    if (kind === 'reads')
      await once(() =>
        alike(line, [
          [theirs, pair.ours],
          [theirs, pair.theirs],
        ]),
      )
  }

  /** Some things reach the other end a moment later. */
  function once(check) {
    return line.settles ? eventually(check, 5000) : check()
  }
}

async function alike(line, sides) {
  const texts = []
  for (const [run, broker] of sides) texts.push(compared(await run(broker), line, broker))
  const [found, expected] = texts
  if (found !== expected) throw new Error(difference(found, expected))
}

/** The first lines that differ. */
function difference(found, expected) {
  const [ours, theirs] = [found.split('\n'), expected.split('\n')]
  const at = ours.findIndex((text, index) => text !== theirs[index])
  const from = at < 0 ? ours.length : at
  const show = (lines) =>
    lines
      .slice(from, from + 3)
      .join(' ⏎ ')
      .slice(0, 400) || '(nothing more)'
  return `line ${from + 1}: ${show(ours)}  INSTEAD OF  ${show(theirs)}`
}

function countLines(report) {
  const lines = Object.values(chapters)
    .flat()
    .filter(({ tool, isPreparation }) => isOurs(tool) && !isPreparation)
  console.log(
    `  ${lines.length} lines of ${new Set(lines.map(({ tool }) => tool)).size} commands, ${report.count('passed')} comparisons alike`,
  )
}
