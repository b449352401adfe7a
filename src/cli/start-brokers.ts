// `odradek start --brokers 3`: a cluster on this machine, one process for each broker, which start and stop together.

import { version } from '../base/version.ts'
import { clusterIdOf, planCluster } from '../broker/cluster-plan.ts'
import type { LoadedConfig } from '../config/index.ts'
import { exitCodes } from '../platform/node/process.ts'
import type { ProgramOutput, RunningProgram } from '../platform/node/programs.ts'
import type { StartArguments } from './start.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage.ts'

/** Runs `odradek` with these words in another process. */
export type StartProgram = (
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  output: ProgramOutput,
) => RunningProgram

interface Member {
  readonly id: number
  readonly program: RunningProgram
  /** Resolves when it serves, with what it is reached at; rejects where it ends before. */
  readonly ready: Promise<string>
  hasEnded: boolean
}

const READY = /^odradek \S+ ready on (\S+) \(/
const MOST_BROKERS = 100
const MAX_PORT = 65_535

/** Resolves when all of them serve; they go on then, until a signal stops them. One that dies leaves the others alone. */
export async function startBrokers(
  count: number,
  typed: StartArguments,
  loaded: LoadedConfig,
  startProgram: StartProgram,
  terminal: Terminal,
): Promise<void> {
  const began = terminal.clock.monotonic()
  const plans = await plan(count, loaded, terminal)
  const members = plans.map(({ overrides, env }, at) =>
    startMember(at + 1, wordsOf(typed, overrides), env, startProgram, terminal),
  )
  const stopping = stopOnSignal(members, terminal)
  try {
    const addresses = await Promise.all(members.map(({ ready }) => ready))
    const ms = Math.round(terminal.clock.monotonic() - began)
    const pids = members.map(({ id, program }) => `node ${id} is process ${program.pid}`).join(', ')
    terminal.print(`odradek ${version} ready on ${addresses.join(',')} (${pids}, data in ${dataOf(loaded)}, ${ms} ms)`)
  } catch (thrown) {
    if (!stopping.begun) stopping.begin(exitCodes.failed, `odradek: ${(thrown as Error).message}`)
    return
  }
  for (const member of members) void watch(member, members, stopping, terminal)
}

interface NodePlan {
  readonly overrides: ReadonlyMap<string, string>
  readonly env: Readonly<Record<string, string | undefined>>
}

async function plan(count: number, loaded: LoadedConfig, terminal: Terminal): Promise<NodePlan[]> {
  if (!Number.isInteger(count) || count < 1 || count > MOST_BROKERS)
    throw new UsageError(`--brokers ${count} is not valid; allowed: 1 to ${MOST_BROKERS}`)
  if (!loaded.quorum.isAlone)
    throw new UsageError(
      '--brokers makes a quorum of its own; remove controller.quorum.voters and controller.quorum.bootstrap.servers',
    )
  const [first] = loaded.listeners.client
  const port = first?.bind.port ?? 0
  if (port === 0 || port + 2 * count - 1 > MAX_PORT)
    throw new UsageError(`--brokers needs ${2 * count} consecutive ports from that of the first listener on, which is ${port}`)
  const numbers = Array.from({ length: count }, (_, at) => at)
  const directories = numbers.map((at) => loaded.logDirs.map((dir) => `${dir}/node-${at + 1}`).join(','))
  const places = directories.flatMap((list) => list.split(',').map((directory) => ({ disk: terminal.disk, directory })))
  const clusterId = loaded.clusterId ?? (await clusterIdOf(places, (length) => terminal.randomBytes(length)))
  const { nodes } = planCluster(
    {
      host: first?.advertised.host || 'localhost',
      brokerPorts: numbers.map((at) => port + at),
      controllerPorts: numbers.map((at) => port + count + at),
      directories,
    },
    new Map(),
  )
  // Where nobody set it, each node takes the first free port from the default on, so that one that is taken stops nobody.
  const metricsPort = loaded.given.has('metrics.port') ? loaded.config['metrics.port'] : 0
  return nodes.map((overrides, at) => ({
    overrides: new Map([
      ...chosen(overrides, loaded),
      ...(metricsPort > 0 ? [['metrics.port', String(metricsPort + at)] as const] : []),
    ]),
    env: { ...terminal.env, CLUSTER_ID: clusterId },
  }))
}

/** What was said of how many replicas there shall be goes before what a cluster of this size would take. */
function chosen(overrides: ReadonlyMap<string, string>, { given }: LoadedConfig): [string, string][] {
  const isMatterOfTaste = (key: string) =>
    key.includes('replication.factor') || key.endsWith('min.isr') || key === 'min.insync.replicas'
  return [...overrides].filter(([key]) => !isMatterOfTaste(key) || !given.has(key) || given.get(key) === '1')
}

const dataOf = ({ logDirs }: LoadedConfig) => logDirs.map((dir) => `${dir}/node-*`).join(', ')

function wordsOf({ file, overrides, level }: StartArguments, own: ReadonlyMap<string, string>): string[] {
  const all = [...overrides, ...[...own].map(([key, value]) => `${key}=${value}`)]
  return ['start', ...(file === undefined ? [] : [file]), ...all.flatMap((word) => ['--override', word]), '--log-level', level]
}

function startMember(
  id: number,
  words: readonly string[],
  env: NodePlan['env'],
  startProgram: StartProgram,
  terminal: Terminal,
): Member {
  let serves: (address: string) => void = () => {}
  let lastComplaint = ''
  const address = new Promise<string>((resolve) => (serves = resolve))
  const program = startProgram(words, env, {
    line(text) {
      const found = READY.exec(text)?.[1]
      if (found) serves(found)
      else terminal.print(`node ${id}: ${text}`)
    },
    complaint(text) {
      lastComplaint = text
      terminal.complain(`node ${id}: ${text}`)
    },
  })
  const ended = program.ended.then((how) => {
    member.hasEnded = true
    throw new Error(`node ${id} did not start (${how}): ${lastComplaint.replace(/^odradek: /, '')}`)
  })
  const member: Member = { id, program, ready: Promise.race([address, ended]), hasEnded: false }
  ended.catch(() => {}) // told by `ready` while it starts, and watched from then on
  return member
}

interface Stopping {
  readonly begun: boolean
  begin(code: number, why: string): void
}

/** The first signal stops all of them, the second ends them at once. */
function stopOnSignal(members: readonly Member[], terminal: Terminal): Stopping {
  let begun = false
  const begin = (code: number, why: string) => {
    begun = true
    terminal.complain(why)
    for (const { program, hasEnded } of members) if (!hasEnded) program.stop()
    Promise.all(members.map(({ program }) => program.ended)).then((all) => {
      const isClean = code === exitCodes.ok && all.every((how, at) => how === 0 || members[at]!.hasEnded)
      terminal.complain('odradek: stopped')
      terminal.exitNow(isClean ? exitCodes.ok : exitCodes.failed)
    })
  }
  terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    if (!begun) return begin(exitCodes.ok, `odradek: ${signal}: stopping (once more: end at once)`)
    for (const { program, hasEnded } of members) if (!hasEnded) program.kill()
    terminal.exitNow(exitCodes.failed)
  })
  return {
    get begun() {
      return begun
    },
    begin,
  }
}

async function watch({ id, program }: Member, members: readonly Member[], stopping: Stopping, terminal: Terminal): Promise<void> {
  const how = await program.ended
  if (stopping.begun) return
  const left = members.filter(({ hasEnded }) => !hasEnded)
  if (left.length === 0) return stopping.begin(exitCodes.failed, `odradek: node ${id} ended (${how}), and with it the last one`)
  const others = left.map((member) => `node ${member.id}`).join(', ')
  terminal.complain(`odradek: node ${id}, process ${program.pid}, ended (${how}); going on with ${others}`)
}
