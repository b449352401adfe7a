// The program behind Kafka's command names: the real terminal, handed to the command that was called.

import { setExitCode } from '../platform/node/process.ts'
import { kafkaCommands } from './kafka/index.ts'
import { realSurroundings } from './real-terminal.ts'

/** Runs the command of this name; resolves when it is done. */
export async function main(name: string, words: readonly string[]): Promise<void> {
  const command = await kafkaCommands[name]!()
  setExitCode(await command(words, realSurroundings({ keepsAlive: true })))
}
