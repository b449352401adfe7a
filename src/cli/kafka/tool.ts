// A command of Kafka's with subcommands: its grammar, and what each subcommand does.

import { ClientError } from '../../client/errors/index.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'
import { javaText } from './java.ts'
import { type Arguments, GrammarTrouble, HelpWanted, parseArguments, type ToolGrammar } from './options/argparse.ts'
import { argparseHelp, usageLine } from './options/argparse-help.ts'

/** `run` resolves to the exit code, or throws a Failure or what a broker said. */
export function tool<A extends Surroundings = Surroundings>(
  grammar: ToolGrammar,
  run: (found: Arguments, around: A) => Promise<number>,
): (words: readonly string[], around: A) => Promise<number> {
  return async (words, around) => {
    let found: Arguments
    try {
      found = parseArguments(grammar, words)
    } catch (thrown) {
      if (thrown instanceof HelpWanted) {
        for (const line of argparseHelp(grammar, thrown.command)) around.print(line)
        return grammar.helpExitCode ?? 0
      }
      if (!(thrown instanceof GrammarTrouble)) throw thrown
      around.complain(usageLine(grammar, thrown.command))
      around.complain(`${grammar.name}: error: ${thrown.message}`)
      return 1
    }
    try {
      return await run(found, around)
    } catch (thrown) {
      if (thrown instanceof ClientError) {
        around.complain(javaText(thrown))
        return 1
      }
      if (!(thrown instanceof Failure)) throw thrown
      around.complain(thrown.message)
      return thrown.exitCode
    }
  }
}
