// What is logged: entries of a level and a namespace, written by whatever the program's log creator made.

import { defaultPlatform } from '../client/platform.ts'
import type { Facts, Logger as PlatformLogger } from '../platform/logger.ts'
import { isoTime } from '../platform/node/iso-time.ts'
import { environment } from '../platform/node/process.ts'
import { logLevel } from './constants.ts'
import type { LogEntry, Logger, logCreator } from './types/index.ts'

const labels = ['ERROR', 'WARN', 'INFO', 'DEBUG'] as const
type Label = (typeof labels)[number]

/** A logger of this level, or of the one that the environment names (KAFKAJS_LOG_LEVEL). */
export function createLogger(level: logLevel, create: logCreator): Logger {
  let current = environmentLevel() ?? level
  const write = create(current)

  function within(namespace: string | undefined, own: logLevel | null): Logger {
    const log =
      (label: Label) =>
      (message: string, extra: object = {}) => {
        if (logLevel[label] > (own ?? current)) return
        const timestamp = isoTime(defaultPlatform().clock.now())
        write({
          namespace: namespace as string,
          level: logLevel[label],
          label,
          log: { timestamp, logger: 'kafkajs', message, ...extra },
        })
      }
    return {
      error: log('ERROR'),
      warn: log('WARN'),
      info: log('INFO'),
      debug: log('DEBUG'),
      namespace: (name, nextLevel) => within(name, nextLevel === undefined ? null : (environmentLevel() ?? nextLevel)),
      setLogLevel: (next) => {
        current = next
      },
    }
  }
  return within(undefined, null)
}

function environmentLevel(): logLevel | null {
  const name = (environment()['KAFKAJS_LOG_LEVEL'] ?? '').toUpperCase()
  return Object.hasOwn(logLevel, name) ? logLevel[name as keyof typeof logLevel] : null
}

/** One line of JSON for each entry, to where its level goes. */
export const consoleLogCreator: logCreator =
  () =>
  ({ namespace, level, label, log }: LogEntry) => {
    const prefix = namespace ? `[${namespace}] ` : ''
    const line = JSON.stringify({ level: label, ...log, message: `${prefix}${log.message}` })
    if (level === logLevel.ERROR) console.error(line)
    else if (level === logLevel.WARN) console.warn(line)
    else if (level === logLevel.INFO) console.info(line)
    else console.log(line)
  }

/** What the rooms below say, in this logger. */
export function platformLogger(logger: Logger): PlatformLogger {
  const own = logger.namespace('Client')
  const told = (facts: Facts = {}) => ({ ...facts })
  return {
    debug: (message, facts) => own.debug(message, told(facts)),
    info: (message, facts) => own.info(message, told(facts)),
    warn: (message, facts) => own.warn(message, told(facts)),
    error: (message, facts) => own.error(message, told(facts)),
  }
}
