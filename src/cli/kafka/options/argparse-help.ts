// The help of commands with subcommands: how a line is made up, and what each part of it is for.

import { examples } from '../../usage.ts'
import type { Argument, Grammar, ToolGrammar } from './argparse.ts'

/** `usage: ...` alone. */
export function usageLine(tool: ToolGrammar, command: string | null): string {
  const words = ['usage:', tool.name, ...synopses(tool)]
  const names = Object.keys(tool.commands)
  if (names.length === 0) words.push('[-h]')
  else if (command === null)
    words.push(command === null && tool.arguments.length === 0 ? '[-h]' : '', `{${names.join(',')}}`, '...')
  else words.push(command, '[-h]', ...synopses(tool.commands[command]!))
  return words.filter((word) => word !== '').join(' ')
}

/** Usage, what it does, each option, and examples. */
export function argparseHelp(tool: ToolGrammar, command: string | null): string[] {
  const grammar = command === null ? tool : tool.commands[command]!
  const commands = Object.entries(tool.commands).map(([name, { about }]) => line(name, about))
  return [
    usageLine(tool, command),
    '',
    grammar.about,
    '',
    ...(commands.length > 0 && command === null ? ['positional arguments:', ...commands, ''] : []),
    'named arguments:',
    line('-h, --help', 'show this help message and exit'),
    ...grammar.arguments.map((argument) => line(flagsOf(argument), argument.about)),
    examples(...tool.examples.filter((line) => command === null || line.split(' ').includes(command))),
  ]
}

/** What is explained, and what it is for, never without a gap between them. */
const line = (what: string, about: string) => `  ${`${what}  `.padEnd(24)}${about}`

const valueName = ({ flags }: Argument) => flags[0]!.replace(/^-+/, '').replace(/[-.]/g, '_').toUpperCase()
const withValue = (argument: Argument, flag: string) => (argument.kind === 'flag' ? flag : `${flag} ${valueName(argument)}`)
const flagsOf = (argument: Argument) => argument.flags.map((flag) => withValue(argument, flag)).join(', ')

function synopses(grammar: Grammar): string[] {
  const grouped = new Set(grammar.oneOf?.flat())
  const key = ({ flags }: Argument) => flags[0]!.replace(/^-+/, '')
  const alone = grammar.arguments.filter((argument) => !grouped.has(key(argument)))
  const groups = (grammar.oneOf ?? []).map((names) => {
    const members = names.map((name) => grammar.arguments.find((argument) => key(argument) === name)!)
    return `(${members.map((argument) => withValue(argument, argument.flags[0]!)).join(' | ')})`
  })
  return [
    ...alone.map((argument) => {
      const text = withValue(argument, argument.flags[0]!)
      return argument.isRequired ? text : `[${text}]`
    }),
    ...groups,
  ]
}
