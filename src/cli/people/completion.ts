// `odradek completion`: what shells complete, made of the commands themselves.

import type { Command } from 'commander'
import { examples, UsageError } from '../usage.ts'
import type { People } from './surroundings.ts'

/** What may follow these words: commands and options. */
interface Completion {
  readonly path: readonly string[]
  readonly words: readonly string[]
}

export function addCompletion(odradek: Command, { terminal }: People): void {
  odradek
    .command('completion')
    .summary('print what makes a shell complete all this')
    .description('Print what makes a shell complete the commands and options of odradek.')
    .argument('<shell>', Object.keys(shells).join(', '))
    .addHelpText(
      'after',
      examples(
        'source <(odradek completion bash)                      # in ~/.bashrc',
        'source <(odradek completion zsh)                       # in ~/.zshrc, behind compinit',
        'odradek completion fish > ~/.config/fish/completions/odradek.fish',
      ),
    )
    .action((shell: string) => {
      const script = Object.hasOwn(shells, shell) ? shells[shell as keyof typeof shells] : null
      if (!script) throw new UsageError(`there is no completion for ${shell}; allowed: ${Object.keys(shells).join(', ')}`)
      for (const line of script(completionsOf(odradek))) terminal.print(line)
    })
}

function completionsOf(command: Command, path: readonly string[] = []): Completion[] {
  const commands = command.commands.map((each) => each.name())
  const options = command.options.map(({ long, short }) => long ?? short ?? '')
  // What comes without a subcommand's name has the options of the default one.
  const usual = command.commands.find((each) => each.name() === 'list')?.options.map(({ long }) => long ?? '') ?? []
  const words = [...new Set([...commands, ...options, ...usual, '--help'])].filter((word) => word !== '').sort()
  return [{ path, words }, ...command.commands.flatMap((each) => completionsOf(each, [...path, each.name()]))]
}

const shells: Readonly<Record<'bash' | 'zsh' | 'fish', (all: readonly Completion[]) => readonly string[]>> = {
  bash: (all: readonly Completion[]) => [
    '_odradek() {',
    '  local path="" word',
    // Words that are no commands (options and their values) do not change what may follow.
    `  for word in "${shellVariable('COMP_WORDS[@]:1:COMP_CWORD-1')}"; do`,
    '    case "$path $word" in',
    ...commandsOf(all).map((path) => `      "${['', ...path].join(' ')}") path="${['', ...path].join(' ')}" ;;`),
    '    esac',
    '  done',
    '  local words=""',
    '  case "$path" in',
    ...all.map(({ path, words }) => `    "${path.map((word) => ` ${word}`).join('')}") words="${words.join(' ')}" ;;`),
    '  esac',
    `  COMPREPLY=($(compgen -W "$words" -- "${shellVariable('COMP_WORDS[COMP_CWORD]')}"))`,
    '}',
    'complete -o default -F _odradek odradek',
  ],
  zsh: (all: readonly Completion[]) => ['autoload -U +X bashcompinit && bashcompinit', ...shells.bash(all)],
  fish: (all: readonly Completion[]) => [
    'complete -c odradek -f',
    ...all.flatMap(({ path, words }) => {
      const when =
        path.length === 0 ? '__fish_use_subcommand' : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
      return words.map((word) =>
        word.startsWith('--')
          ? `complete -c odradek -n '${when}' -l ${word.slice(2)}`
          : `complete -c odradek -n '${when}' -a ${word}`,
      )
    }),
  ],
}

const commandsOf = (all: readonly Completion[]) => all.map(({ path }) => path).filter((path) => path.length > 0)
const shellVariable = (name: string) => `\${${name}}`
