/** docs/quickstart.md, followed by somebody who does what it says and nothing else: in a folder of their own, on Node 24. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freePort, projectDir, tail } from '../lib/brokers.mjs'
import { node24, versions } from '../lib/cache.mjs'
import { run, start } from '../lib/processes.mjs'
import { eventually } from '../lib/report.mjs'
import { holds, stepsOf } from './page.mjs'

const COMMAND_MS = 120_000
/** What goes on after it has printed what it should is ended as a reader would: by Ctrl-C. */
const LASTS_MS = 4000
const ENDS_MS = 15_000

export const judge = {
  name: 'quickstart',
  about: `docs/quickstart.md, word for word: on the command line, in TypeScript, with KafkaJS and in Python, on Node ${versions.node24}`,
  needs: ['npm', 'bash', 'python3'],
  startsBrokers: true,
  minutes: 10,

  async install() {
    return { node: await node24() }
  },

  async run({ report, tools: { node }, workDir, kind }) {
    if (kind === 'apache') return report.record('the page', 'skipped', 'it begins with a broker of ours')
    const port = await freePort()
    const page = readFileSync(join(projectDir, 'docs/quickstart.md'), 'utf8').replaceAll('localhost:9092', `localhost:${port}`)
    const folder = join(workDir, 'programs')
    mkdirSync(folder)
    const reader = new Reader({ folder, workDir, port, path: dirname(node) })
    try {
      let number = 0
      for (const step of stepsOf(page)) {
        number++
        if (step.kind === 'file') writeFileSync(join(folder, step.name), step.text)
        else
          await report.test(`${number} ${step.section}: ${step.text.split('\n')[0]}`, () => reader.type(step), {
            timeoutMs: 200_000,
          })
      }
      await report.test('the programs in TypeScript are typed', () => reader.checkTypes())
    } finally {
      await reader.leave()
    }
  },
}

class Reader {
  #folder
  #env
  /** A port and a folder of this run. */
  #ofServer
  #server = null

  constructor({ folder, workDir, port, path }) {
    this.#folder = folder
    const prefix = join(workDir, 'prefix')
    this.#env = {
      ...process.env,
      PATH: [join(prefix, 'bin'), path, process.env.PATH].join(':'),
      npm_config_prefix: prefix,
      KAFKAJS_NO_PARTITIONER_WARNING: '1',
      ODRADEK_BOOTSTRAP_SERVER: `localhost:${port}`,
    }
    this.#ofServer = {
      KAFKA_LISTENERS: `PLAINTEXT://localhost:${port}`,
      KAFKA_LOG_DIRS: join(workDir, 'data'),
      KAFKA_METRICS_PORT: '0',
    }
  }

  /** Types a command, and looks at what it prints. */
  async type({ text, where, prints }) {
    const env = { ...this.#env, ...(where === 'server' ? this.#ofServer : {}) }
    const command = start('bash', ['-ec', text], { cwd: where === '' ? this.#folder : projectDir, env })
    if (where === 'server') {
      this.#server = command
      return eventually(() => assert.match(command.stdout, / ready on /, tail(command.output)), COMMAND_MS)
    }
    try {
      await printed(command, prints)
      if (await endedWithin(command, prints.length > 0 ? LASTS_MS : COMMAND_MS)) {
        return assert.equal(command.exited.code, 0, tail(command.output))
      }
      assert.ok(prints.length > 0, `it does not end: ${tail(command.output)}`)
      command.killGroup('SIGINT')
      assert.ok(await endedWithin(command, ENDS_MS), `Ctrl-C does not end it: ${tail(command.output)}`)
    } finally {
      command.destroy()
      await command.ended
    }
  }

  async checkTypes() {
    const compiler = join(projectDir, 'node_modules/ts7/bin/tsc')
    const strict = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      '--erasableSyntaxOnly',
    ]
    const types = ['--types', 'node', '--typeRoots', join(projectDir, 'node_modules/@types')]
    const text = `node ${compiler} ${[...strict, ...types].join(' ')} *.ts`
    const { code, stdout } = await run('bash', ['-c', text], { cwd: this.#folder, env: this.#env })
    assert.equal(code, 0, stdout)
  }

  async leave() {
    this.#server?.killGroup('SIGINT')
    if (this.#server && !(await endedWithin(this.#server, ENDS_MS))) this.#server.destroy()
    await this.#server?.ended
  }
}

/** Waits until it has printed these lines. */
async function printed(command, lines) {
  if (lines.length === 0) return
  const why = () => `it printed ${JSON.stringify(tail(command.output))}, not ${JSON.stringify(lines)}`
  const isSo = await eventually(() => {
    if (holds(command.stdout, lines)) return true
    if (command.drained) return false // nothing more will come
    throw new Error(why())
  }, COMMAND_MS)
  assert.ok(isSo, why())
}

async function endedWithin(command, ms) {
  let limit
  const late = new Promise((resume) => {
    limit = setTimeout(() => resume(false), ms)
  })
  const inTime = await Promise.race([command.ended.then(() => true), late])
  clearTimeout(limit)
  return inTime
}
