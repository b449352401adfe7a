// One line per message on stderr: time, level, message, facts as key=value.

import type { Facts, Level, Logger } from '../logger.ts'

const severity: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Says what is at least as severe as `level`. Never throws: a broken stderr silences it. */
export function nodeLogger(level: Level = 'info', write: (line: string) => void = stderrWriter()): Logger {
  const say = (of: Level) =>
    severity[of] < severity[level]
      ? () => {}
      : (message: string, facts?: Facts) => {
          try {
            write(formatLine(new Date(), of, message, facts))
          } catch {
            // Nobody can be told that nobody can be told.
          }
        }
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
}

/** `2026-11-21T03:00:00.000Z WARN message key=value`; line ends inside are escaped, so that one message stays one line. */
export function formatLine(time: Date, level: Level, message: string, facts: Facts = {}): string {
  let line = `${time.toISOString()} ${level.toUpperCase().padEnd(5)} ${oneLine(message)}`
  for (const [name, fact] of Object.entries(facts)) if (fact !== undefined) line += ` ${name}=${formatFact(fact)}`
  return line + '\n'
}

function formatFact(fact: unknown): string {
  if (typeof fact === 'string') return quoted(fact)
  if (fact instanceof Error) return quoted(describeError(fact))
  if (typeof fact === 'bigint') return String(fact)
  if (fact !== null && typeof fact === 'object') {
    try {
      return quoted(JSON.stringify(fact, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
    } catch {
      return '[unprintable]'
    }
  }
  return String(fact)
}

/** A DiskError or KafkaError says all in its message; of an error that nobody expected, the stack is what helps. */
function describeError(error: Error): string {
  const text = 'code' in error || !error.stack ? `${error.name}: ${error.message}` : error.stack
  return error.cause instanceof Error ? `${text}; caused by ${error.cause.name}: ${error.cause.message}` : text
}

function quoted(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}

function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/\r/g, '\\r').replace(/\n/g, '\\n') : text
}

function stderrWriter(): (line: string) => void {
  let broken = false
  // The reader of a pipe may leave (EPIPE); without a listener that would end the process.
  const listening = new WeakSet<NodeJS.WriteStream>()
  return (line) => {
    if (broken) return
    const { stderr } = process
    if (!listening.has(stderr)) {
      listening.add(stderr)
      stderr.on('error', () => {
        broken = true
      })
    }
    stderr.write(line)
  }
}
