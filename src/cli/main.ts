// The program `odradek`: the real terminal and the real broker, handed to the commands.

import { nodeClock } from '../platform/node/clock.ts'
import { nodeDisk } from '../platform/node/disk.ts'
import { nodeNetwork } from '../platform/node/network.ts'
import { environment, exitNow, onSignal, setExitCode } from '../platform/node/process.ts'
import { startProgram } from '../platform/node/programs.ts'
import { nodeRandom } from '../platform/node/random.ts'
import { nodeCommands } from './kafka/node-commands.ts'
import { run } from './program.ts'
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
export function main(words: readonly string[], { moduleUrl, onServing } = directly): Promise<void> {
  // Loaded when it is wanted: help and complaints need no broker.
  const startNode: StartNode = async (loaded, options) => {
    const { startBrokerProcess } = await import('./broker-process.ts')
    const node = await startBrokerProcess(loaded, options)
    onServing()
    return node
  }
  return run(words, startNode, realTerminal(moduleUrl))
}

/** Runs one of the commands with Kafka's names that work on a node of this machine; resolves when it is done. */
export async function nodeCommand(name: string, words: readonly string[]): Promise<void> {
  const run = await nodeCommands[name]!()
  setExitCode(await run(words, realTerminal(directly.moduleUrl)))
}

function realTerminal(moduleUrl: string): Terminal {
  const disk = nodeDisk()
  const random = nodeRandom()
  return {
    env: environment(),
    clock: nodeClock(),
    disk,
    hostName: nodeNetwork().hostName,
    randomBytes: (length) => random.bytes(length),
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
    async readText(path) {
      const bytes = await disk.readAtomic(path)
      return bytes === null ? null : new TextDecoder().decode(bytes)
    },
    onSignal,
    startProgram: (words, env, output) => startProgram(moduleUrl, words, env, output),
    setExitCode,
    exitNow,
  }
}
