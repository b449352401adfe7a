// The process under fire: a broker in memory that watches its own event loop, memory and log, and tells whoever started it when asked.

import { startBroker, startCluster } from '../../src/index.ts'
import type { Logger } from '../../src/platform/logger.ts'
import { ready } from '../../src/protocol/compression/index.ts'
import { threadTimeMs } from './thread-time.ts'
import { validated } from './validated.ts'

const PULSE_MS = 5

export interface Report {
  /** What must never happen: errors in the log, rejections that nobody handled, a broker that gave up. */
  readonly troubles: readonly string[]
  /** The longest time that the event loop stood still while its own thread used the CPU. */
  readonly stallMs: number
  /** The longest turn of the event loop by the CPU that its thread used, and all of them together; 0 where turns were not watched. */
  readonly turnMs: number
  readonly workedMs: number
  readonly rssBytes: number
}

export type Order =
  | { readonly do: 'start' }
  /** Three nodes. */
  | { readonly do: 'startCluster' }
  | { readonly do: 'report' }
  /** Looks at each turn until the next report: that keeps the process busy. */
  | { readonly do: 'watch' }
  | { readonly do: 'stop' }
  | { readonly do: 'validate'; readonly seed: number; readonly from: number; readonly to: number }

const MIB = 1 << 20
const CONFIG = {
  'offsets.topic.num.partitions': 2,
  'group.initial.rebalance.delay.ms': 0,
  'log.cleaner.dedupe.buffer.size': MIB,
}

let running: { close(): Promise<void> } | null = null
let troubles: string[] = []
let stallMs = 0
let turns = { areWatched: false, longestMs: 0, beganAt: 0, since: 0 }
let before = { at: performance.now(), worked: threadTimeMs() }

const logger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error: (message, facts = {}) => trouble(`${message} ${textOf(facts)}`),
}

process.on('uncaughtException', (error) => trouble(`uncaught: ${error.stack}`))
process.on('unhandledRejection', (why) => trouble(`unhandled: ${why instanceof Error ? why.stack : why}`))
process.on('disconnect', () => process.exit(0))
setInterval(pulse, PULSE_MS).unref()

let orders: Promise<unknown> = ready()
process.on('message', (order: Order) => {
  orders = orders.then(async () => {
    try {
      process.send!({ answer: await obey(order) })
    } catch (thrown) {
      process.send!({ failed: thrown instanceof Error ? thrown.stack : String(thrown) })
    }
  })
})

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'start': {
      const broker = await startBroker({ inMemory: true, logger, config: CONFIG, maxMemoryBytes: 256 * MIB })
      running = broker
      const { bootstrapServers, failed } = broker
      failed.then(({ message }) => trouble(`the broker gave up: ${message}`))
      settle()
      return bootstrapServers
    }
    case 'startCluster': {
      const cluster = await startCluster({ inMemory: true, logger, config: CONFIG, maxMemoryBytes: 256 * MIB })
      running = cluster
      for (const id of cluster.ids) cluster.broker(id)!.failed.then(({ message }) => trouble(`broker ${id} gave up: ${message}`))
      settle()
      return cluster.bootstrapServers
    }
    case 'report': {
      // A turn of the loop, so that a stall just now is seen.
      await new Promise((resolve) => setTimeout(resolve, 2 * PULSE_MS))
      const { longestMs, areWatched, since } = turns
      const workedMs = areWatched ? threadTimeMs() - since : 0
      const report: Report = { troubles, stallMs, turnMs: longestMs, workedMs, rssBytes: process.memoryUsage().rss }
      settle()
      return report
    }
    case 'watch':
      settle()
      globalThis.gc?.()
      turns = { areWatched: true, longestMs: 0, beganAt: threadTimeMs(), since: threadTimeMs() }
      setImmediate(turn)
      return null
    case 'stop':
      await running?.close()
      running = null
      // What is outside of the heap is let go a turn after its owner.
      for (let times = 0; times < 2; times++) {
        globalThis.gc?.()
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      return process.memoryUsage()
    case 'validate':
      return validated(order.seed, order.from, order.to)
  }
}

function settle(): void {
  troubles = []
  stallMs = 0
  turns = { areWatched: false, longestMs: 0, beganAt: 0, since: 0 }
  before = { at: performance.now(), worked: threadTimeMs() }
}

// A pulse that comes late is our doing only as far as this thread was running: others use the machine, too.
function pulse(): void {
  const now = { at: performance.now(), worked: threadTimeMs() }
  stallMs = Math.max(stallMs, Math.min(now.at - before.at - PULSE_MS, now.worked - before.worked))
  before = now
}

// Immediates run once in a turn.
function turn(): void {
  if (!turns.areWatched) return
  const worked = threadTimeMs()
  turns.longestMs = Math.max(turns.longestMs, worked - turns.beganAt)
  turns.beganAt = worked
  setImmediate(turn)
}

function trouble(what: string): void {
  if (troubles.length < 20) troubles.push(what)
}

function textOf(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, fact]) => `${name}=${fact instanceof Error ? fact.stack : fact}`)
    .join(' ')
}
