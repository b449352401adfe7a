// kafka-server-stop: nodes of this machine asked to stop.

import { parseProperties } from '../../../config/properties.ts'
import type { OtherProcess } from '../../../platform/node/other-processes.ts'
import type { Terminal } from '../../terminal.ts'
import { examples } from '../../usage.ts'

const BOTH = 'When both node-id and process-role are provided, the value for node-id will take precedence'

const HELP = [
  'USAGE: kafka-server-stop [--node-id=ID | --process-role=ROLE]',
  'Asks every node of Odradek on this machine to stop, or those with this id or role; $SIGNAL names another signal than TERM.',
  examples('kafka-server-stop', 'kafka-server-stop --node-id=2', 'kafka-server-stop --process-role=controller'),
]

/** Signals each node that runs here, or those with an id or a role. It does not wait for their end. */
export async function serverStop(words: readonly string[], terminal: Terminal): Promise<number> {
  if (words.includes('--help')) {
    for (const line of HELP) terminal.print(line)
    return 0
  }
  // Kafka's script passes over it, and stops everything.
  const stranger = words.find((word) => word.startsWith('-') && !/^--(node-id|process-role)=./.test(word))
  if (stranger !== undefined) {
    terminal.complain(
      `${stranger} is not an option of kafka-server-stop: --node-id=ID and --process-role=ROLE are; nothing was stopped`,
    )
    return 1
  }
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    terminal.complain(`${word} says nothing about what to stop`)
  }
  const id = typedValue('node-id', words)
  const role = typedValue('process-role', words)
  if (id !== null && role !== null) terminal.print(BOTH)
  const nodes = terminal.processes.others().filter(isNode)
  if (nodes.length === 0) {
    terminal.print('No kafka server to stop')
    return 1
  }
  const signal = terminal.env['SIGNAL'] || 'TERM'
  let code = 0
  for (const node of nodes) {
    if ((id !== null || role !== null) && !(await isMeant(node, id, role, terminal))) continue
    try {
      terminal.processes.signal(node.pid, signal)
    } catch (thrown) {
      terminal.complain(`kill: (${node.pid}): ${(thrown as Error).message}`)
      code = 1
    }
  }
  return code
}

function typedValue(name: string, words: readonly string[]): string | null {
  const found = words.map((word) => new RegExp(`^--${name}=(.+)$`).exec(word)?.[1]).find((value) => value !== undefined)
  return found ?? null
}

/** The words behind the script of a process of Node's; null where it is another one. */
function scriptOf({ words }: OtherProcess): { readonly name: string; readonly words: readonly string[] } | null {
  if (!/(^|\/)node(js)?$/.test(words[0] ?? '')) return null
  const at = words.findIndex((word, index) => index > 0 && !word.startsWith('-'))
  const name = words[at]?.split('/').at(-1)
  return name === undefined ? null : { name, words: words.slice(at + 1) }
}

function isNode(other: OtherProcess): boolean {
  const script = scriptOf(other)
  if (!script) return false
  return /^kafka-server-start(\.cjs)?$/.test(script.name) || (/^odradek(\.js)?$/.test(script.name) && script.words[0] === 'start')
}

/** By its file, and what was set besides. */
async function isMeant(node: OtherProcess, id: string | null, role: string | null, terminal: Terminal): Promise<boolean> {
  const script = scriptOf(node)!
  const properties = new Map<string, string>()
  const file = script.words.find((word, at) => word !== 'start' && !word.startsWith('-') && !isValue(script.words, at))
  if (file !== undefined) {
    const path = file.startsWith('/') || node.directory === null ? file : `${node.directory}/${file}`
    for (const [key, value] of parseProperties((await terminal.readText(path)) ?? '')) properties.set(key, value)
  }
  for (const [at, word] of script.words.entries()) {
    const typed = word.startsWith('--override=') ? word.slice('--override='.length) : isValue(script.words, at) ? word : null
    const equals = typed?.indexOf('=') ?? -1
    if (typed !== null && equals > 0) properties.set(typed.slice(0, equals), typed.slice(equals + 1))
  }
  const [key, wanted] = id === null ? (['process.roles', role] as const) : (['node.id', id] as const)
  return properties.get(key)?.trim() === wanted
}

/** Whether a word is the value of an option. */
const isValue = (words: readonly string[], at: number) =>
  ['--override', '-o', '--log-level', '--brokers'].includes(words[at - 1] ?? '')
