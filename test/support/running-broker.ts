// Brokers for tests: in this process and in others, on directories that vanish with the test.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type BrokerOptions, type RunningBroker, startBroker } from '../../src/index.ts'
import { type Level, type Logger, silentLogger } from '../../src/platform/logger.ts'
import { KafkaClient } from './kafka-client.ts'

/** What the broker's library is imported from in another process. */
export const LIBRARY = new URL('../../src/index.js', import.meta.url).href

const endings = new WeakMap<TestContext, (() => unknown)[]>()

/** Runs when the test is over, in the opposite order of the calls: a directory goes after the broker on it. */
export function atEnd(t: TestContext, run: () => unknown): void {
  const known = endings.get(t)
  if (known) return void known.push(run)
  const runs = [run]
  endings.set(t, runs)
  t.after(async () => {
    for (const end of runs.reverse()) await end()
  })
}

/** A directory that is removed when the test is over. */
export async function tempDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'odradek-test-'))
  atEnd(t, () => rm(dir, { recursive: true, force: true, maxRetries: 3 }))
  return dir
}

/** A broker that is closed when the test is over; silent unless the test listens. */
export async function brokerFor(t: TestContext, options: BrokerOptions): Promise<RunningBroker> {
  const broker = await startBroker({ logger: silentLogger, ...options })
  atEnd(t, () => broker.close())
  return broker
}

export async function clientFor(t: TestContext, { bootstrapServers }: { bootstrapServers: string }): Promise<KafkaClient> {
  const client = await KafkaClient.connect(bootstrapServers)
  atEnd(t, () => client.close())
  return client
}

/** A broker in memory with a client: what most tests begin with. */
export async function inMemory(t: TestContext, config: NonNullable<BrokerOptions['config']> = {}) {
  const broker = await brokerFor(t, { inMemory: true, config })
  return { broker, client: await clientFor(t, broker) }
}

export interface LogLine {
  readonly level: Level
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** A logger that keeps its lines from `info` up. */
export function keptLog(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = []
  const keep =
    (level: Level) =>
    (message: string, facts = {}) =>
      void lines.push({ level, message, facts })
  return { lines, logger: { debug() {}, info: keep('info'), warn: keep('warn'), error: keep('error') } }
}

/** Resolves when `isTrue` says so; throws after `timeoutMs` with what was waited for. */
export async function eventually(what: string, isTrue: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  for (const since = Date.now(); !(await isTrue()); ) {
    if (Date.now() - since > timeoutMs) throw new Error(`it did not come true within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export interface ChildRun {
  readonly child: ChildProcess
  /** What it wrote so far. */
  readonly output: { stdout: string; stderr: string }
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Resolves with the first line of stdout that begins with `word`, without the word. */
  line(word: string): Promise<string>
}

/** Runs a module's text in another process, which is killed when the test is over. */
export function runModule(t: TestContext, source: string): ChildRun {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (bytes) => (output.stdout += bytes))
  child.stderr.on('data', (bytes) => (output.stderr += bytes))
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  atEnd(t, async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, output, ended, line }

  async function line(word: string): Promise<string> {
    const found = () => output.stdout.split('\n').find((text, i, all) => text.startsWith(`${word} `) && i < all.length - 1)
    let over = false
    void ended.then(() => (over = true))
    await eventually(`a line "${word} ..." from the other process`, () => over || found() !== undefined, 20_000)
    if (found() === undefined) throw new Error(`the other process ended without saying ${word}: ${output.stderr}`)
    return found()!.slice(word.length + 1)
  }
}

/** A broker in another process on `dataDir`, started when this resolves. */
export async function brokerProcess(t: TestContext, dataDir: string): Promise<ChildRun & { bootstrapServers: string }> {
  const run = runModule(
    t,
    `import { startBroker } from ${JSON.stringify(LIBRARY)}
     const broker = await startBroker({ dataDir: ${JSON.stringify(dataDir)} })
     console.log('READY ' + broker.bootstrapServers)`,
  )
  return { ...run, bootstrapServers: await run.line('READY') }
}
