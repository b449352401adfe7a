// What is logged, and who writes it.

import type { logLevel } from './enums.ts'

export interface LoggerEntryContent {
  readonly timestamp: string
  readonly message: string
  [key: string]: any
}

export interface LogEntry {
  namespace: string
  level: logLevel
  /** The name of the level. */
  label: string
  log: LoggerEntryContent
}

/** Makes, for a level, the function that writes entries. */
export type logCreator = (logLevel: logLevel) => (entry: LogEntry) => void

type Log = (message: string, extra?: object) => void

export type Logger = {
  info: Log
  error: Log
  warn: Log
  debug: Log
  namespace: (namespace: string, logLevel?: logLevel) => Logger
  setLogLevel: (logLevel: logLevel) => void
}
