// `odradek start --brokers 3`: a cluster on this machine, one process for each broker, which start and stop together.

import { version } from '../base/version.ts'
import type { LoadedConfig } from '../config/index.ts'
import { exitCodes } from '../platform/node/process.ts'
import type { ProgramOutput, RunningProgram } from '../platform/node/programs.ts'
import { type NodePlan, planBrokers } from './broker-plans.ts'
import type { StartArguments } from './start.ts'
import type { Terminal } from './terminal.ts'

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

const MOVE = '; all ports follow that of the first listener: --override listeners=PLAINTEXT://localhost:19092 moves them'
const READY = /^odradek \S+ ready on (\S+) \(/

/** Resolves when all of them serve; they go on then, until a signal stops them. One that dies leaves the others alone. */
export async function startBrokers(
  count: number,
  typed: StartArguments,
  loaded: LoadedConfig,
  startProgram: StartProgram,
  terminal: Terminal,
): Promise<void> {
  const began = terminal.clock.monotonic()
  const plans = await planBrokers(count, typed, loaded, terminal)
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
    const { message } = thrown as Error
    if (!stopping.begun) stopping.begin(exitCodes.failed, `odradek: ${message}${/could not listen/.test(message) ? MOVE : ''}`)
    return
  }
  for (const member of members) void watch(member, members, stopping, terminal)
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
    const wereOver = members.map(({ hasEnded }) => hasEnded)
    terminal.complain(why)
    for (const { program, hasEnded } of members) if (!hasEnded) program.stop()
    Promise.all(members.map(({ program }) => program.ended)).then((all) => {
      const isClean = code === exitCodes.ok && all.every((how, at) => how === 0 || wereOver[at])
      terminal.complain(
        isClean || code !== exitCodes.ok ? 'odradek: stopped' : 'odradek: stopped, not all of it cleanly (see above)',
      )
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
