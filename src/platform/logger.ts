// What the house says to its operator. Values of secrets never get here.

export type Level = 'debug' | 'info' | 'warn' | 'error'
export type Facts = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, facts?: Facts): void
  info(message: string, facts?: Facts): void
  warn(message: string, facts?: Facts): void
  error(message: string, facts?: Facts): void
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
