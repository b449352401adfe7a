// The program `odradek`: the real terminal and the real broker, handed to the commands.

import { nodeClock } from '../platform/node/clock.ts'
import { nodeDisk } from '../platform/node/disk.ts'
import { nodeNetwork } from '../platform/node/network.ts'
import { environment, exitNow, onSignal, setExitCode } from '../platform/node/process.ts'
import { startProgram } from '../platform/node/programs.ts'
import { nodeRandom } from '../platform/node/random.ts'
import { run } from './program.ts'
import type { StartNode } from './start.ts'
import type { Terminal } from './terminal.ts'

/** Runs the command that `words` name; resolves when it is done, or for `start` when the broker is ready. */
export function main(words: readonly string[]): Promise<void> {
  return run(words, startNode, realTerminal())
}

/** Loaded when it is wanted: help and complaints need no broker. */
const startNode: StartNode = async (loaded, options) => (await import('./broker-process.ts')).startBrokerProcess(loaded, options)

function realTerminal(): Terminal {
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
    startProgram: (words, env, output) => startProgram(import.meta.url, words, env, output),
    setExitCode,
    exitNow,
  }
}
