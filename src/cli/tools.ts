// The program behind Kafka's command names: the real terminal, handed to the command that was called.

import { nodeClock } from '../platform/node/clock.ts'
import { nodeDisk } from '../platform/node/disk.ts'
import { setExitCode } from '../platform/node/process.ts'
import { nodeRandom } from '../platform/node/random.ts'
import { kafkaCommands } from './kafka/index.ts'

/** Runs the command of this name; resolves when it is done. */
export async function main(name: string, words: readonly string[]): Promise<void> {
  const command = await kafkaCommands[name]!()
  const disk = nodeDisk()
  const random = nodeRandom()
  const code = await command(words, {
    clock: nodeClock(),
    randomBytes: (length) => random.bytes(length),
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
    async readText(path) {
      const bytes = await disk.readAtomic(path)
      return bytes === null ? null : new TextDecoder().decode(bytes)
    },
  })
  setExitCode(code)
}
