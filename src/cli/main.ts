// The program `odradek`: the real terminal and the real broker, handed to the commands.

import { nodeDisk } from '../platform/node/disk.ts'
import { nodeNetwork } from '../platform/node/network.ts'
import { otherProcesses, signalProcess } from '../platform/node/other-processes.ts'
import { environment, exitNow, setExitCode } from '../platform/node/process.ts'
import { startDetached, startProgram } from '../platform/node/programs.ts'
import { nodeCommands } from './kafka/node-commands.ts'
import { run } from './program.ts'
import { realSurroundings } from './real-terminal.ts'
import type { StartNode } from './start.ts'
import type { Terminal } from './terminal.ts'

/** Whoever loaded this program. */
export interface Launch {
  /** A module with this `main`, for other processes of the program. */
  readonly moduleUrl: string
  /** Called when a broker of this process serves. */
  onServing(): void
}

const directly: Launch = { moduleUrl: import.meta.url, onServing() {} }

/** Runs the command that `words` name; resolves when it is done, or for `start` when the broker is ready. */
export function main(words: readonly string[], launch = directly): Promise<void> {
  return run(words, starterOf(launch), realTerminal(launch.moduleUrl))
}

/** Runs one of the commands with Kafka's names that work on a node of this machine; resolves when it is done, or when the broker is ready. */
export async function nodeCommand(name: string, words: readonly string[], launch = directly): Promise<void> {
  const runCommand = await nodeCommands[name]!()
  setExitCode(await runCommand(words, realTerminal(launch.moduleUrl), starterOf(launch)))
}

/** Loaded when it is wanted: help and complaints need no broker. */
function starterOf({ onServing }: Launch): StartNode {
  return async (loaded, options) => {
    const { startBrokerProcess } = await import('./broker-process.ts')
    const node = await startBrokerProcess(loaded, options)
    onServing()
    return node
  }
}

function realTerminal(moduleUrl: string): Terminal {
  return {
    ...realSurroundings({ keepsAlive: false }),
    env: environment(),
    disk: nodeDisk(),
    hostName: nodeNetwork().hostName,
    processes: { others: otherProcesses, signal: signalProcess, startDetached },
    startProgram: (words, env, output) => startProgram(moduleUrl, words, env, output),
    setExitCode,
    exitNow,
  }
}
