// `odradek start`: a broker in the foreground, until a signal stops it.

import { version } from '../base/version.ts'
import { type LoadedConfig, loadConfig } from '../config/index.ts'
import type { Level } from '../platform/logger.ts'
import { stayFor } from '../platform/node/process.ts'
import { startBrokers } from './start-brokers.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage.ts'

/** A broker that serves. */
export interface RunningNode {
  /** host:port of each listener for clients, as they are told. */
  readonly bootstrapServers: string
  /** Resolves, with the reason, if the broker stops by itself; never, if it is closed. */
  readonly failed: Promise<Error>
  /** Stops cleanly. */
  close(): Promise<void>
}

/** `stopped` ends a start that waits for other nodes. */
export type StartNode = (
  loaded: LoadedConfig,
  options: { readonly level: Level; readonly stopped: AbortSignal },
) => Promise<RunningNode>

export interface StartArguments {
  /** A server.properties; without it, a single node in ./data. */
  readonly file: string | undefined
  /** As typed: key=value. */
  readonly overrides: readonly string[]
  readonly level: Level
  /** How many brokers, each in a process of its own; undefined: one, in this process. */
  readonly brokers?: number | undefined
}

/** Runs until the broker is ready, and leaves it running: signals, or its own failure, end the process. */
export async function start(typed: StartArguments, startNode: StartNode, terminal: Terminal): Promise<void> {
  const began = terminal.clock.monotonic()
  const loaded = await load(typed, terminal)
  if (typed.brokers !== undefined) return startBrokers(typed.brokers, typed, loaded, terminal.startProgram, terminal)
  for (const warning of loaded.warnings) terminal.complain(`odradek: warning: ${warning}`)

  const giveUp = new AbortController()
  const starting = startNode(loaded, { level: typed.level, stopped: giveUp.signal })
  stopOnSignal(starting, giveUp, terminal)
  const node = await unlessAborted(starting, giveUp.signal)
  if (!node) return // a signal came, and whoever took it says how it ended
  const ms = Math.round(terminal.clock.monotonic() - began)
  const facts = `node ${loaded.config['node.id']}, data in ${loaded.logDirs.join(', ')}, ${ms} ms`
  terminal.print(`odradek ${version} ready on ${node.bootstrapServers} (${facts})`)
  node.failed.then((why) => {
    terminal.complain(`odradek: the broker stopped: ${why.message}`)
    terminal.exitNow(1)
  })
}

async function load({ file, overrides }: StartArguments, terminal: Terminal): Promise<LoadedConfig> {
  const common = { overrides: parseOverrides(overrides), env: terminal.env }
  if (file === undefined) return loadConfig({ profile: 'sample', ...common })
  const text = await terminal.readText(file)
  if (text === null) throw new UsageError(`there is no file ${file}`)
  return loadConfig({ profile: 'file', file: text, fileName: file, ...common })
}

function parseOverrides(typed: readonly string[]): Map<string, string> {
  return new Map(
    typed.map((word) => {
      const at = word.indexOf('=')
      if (at < 1) throw new UsageError(`--override ${word} is not of the form key=value, such as log.dirs=/var/lib/kafka`)
      return [word.slice(0, at).trim(), word.slice(at + 1)]
    }),
  )
}

/** Null where it fails after it was given up. */
async function unlessAborted<T>(starting: Promise<T>, signal: AbortSignal): Promise<T | null> {
  try {
    return await starting
  } catch (thrown) {
    if (signal.aborted) return null
    throw thrown
  }
}

/** The first signal stops the broker cleanly, even one that is still starting; the second ends the process at once. */
function stopOnSignal(starting: Promise<RunningNode>, giveUp: AbortController, terminal: Terminal): void {
  let stopping = false
  terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    if (stopping) return terminal.exitNow(1)
    stopping = true
    terminal.complain(`odradek: ${signal}: stopping (once more: end at once)`)
    giveUp.abort()
    stop(starting, terminal).then((code) => terminal.exitNow(code))
  })
}

/** Resolves to the exit code. */
async function stop(starting: Promise<RunningNode>, terminal: Terminal): Promise<number> {
  let node: RunningNode
  try {
    node = await starting
  } catch (thrown) {
    terminal.complain(`odradek: did not start: ${messageOf(thrown)}`)
    return 1
  }
  try {
    await stayFor(node.close())
    terminal.complain('odradek: stopped')
    return 0
  } catch (thrown) {
    terminal.complain(`odradek: did not stop cleanly: ${messageOf(thrown)}`)
    return 1
  }
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown))
