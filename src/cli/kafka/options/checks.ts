// Which options go with which, in the words in which Kafka's commands say so.

import { UsageFailure } from '../failure.ts'
import type { Found } from './parse.ts'
import type { OptionTable } from './table.ts'

/** Said of --socket-buffer-size where it is typed. */
export const NO_SOCKET_BUFFERS = '--socket-buffer-size has no effect: the system chooses the buffers of sockets.'

type Name<T> = keyof T & string

/** The first of these that is missing is told. */
export function demand<T extends OptionTable>(found: Found<T>, ...names: Name<T>[]): void {
  for (const name of names) if (!found.has(name)) throw new UsageFailure(`Missing required argument "[${name}]"`)
}

/** Where `used` was typed none of the others may be. */
export function forbid<T extends OptionTable>(found: Found<T>, used: Name<T>, others: readonly Name<T>[]): void {
  if (!found.has(used)) return
  for (const other of others) {
    if (other !== used && found.has(other)) throw new UsageFailure(`Option "[${used}]" can't be used with option "[${other}]"`)
  }
}

/** How many of these were typed. */
export function count<T extends OptionTable>(found: Found<T>, names: readonly Name<T>[]): number {
  return names.filter((name) => found.has(name)).length
}

/** Addresses as host:port with commas; the help follows where they are not. */
export function checkBootstrap(typed: string | undefined): void {
  if (!typed?.trim()) throw new UsageFailure('Error while validating the bootstrap address\n')
  const isRight = typed.split(',').every((address) => /^(?:[\w\-%.]*:\/\/)?\[?[\w\-%.:]*\]?:\d+$/.test(address))
  if (!isRight) throw new UsageFailure('Please provide valid host:port like host1:9091,host2:9092\n')
}
