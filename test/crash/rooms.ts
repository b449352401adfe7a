// Which part of the broker is opened on damaged file number N: mostly the log directory alone, now and then the whole broker.

import { BrokerFiles } from './broker-files.ts'
import type { Verdict } from './judge.ts'
import { LogFiles } from './log-files.ts'

const BROKER_EVERY = 100
const BROKER_AT = 7

export type Room = 'log directory' | 'broker'

let logs: Promise<LogFiles> | null = null
let brokers: Promise<BrokerFiles> | null = null

export function roomOf(number: number): Room {
  return number % BROKER_EVERY === BROKER_AT ? 'broker' : 'log directory'
}

/** Always the same damage for the same number. */
export async function verdictOf(number: number): Promise<Verdict> {
  if (roomOf(number) === 'broker') {
    brokers ??= BrokerFiles.make()
    return (await brokers).run(number)
  }
  logs ??= LogFiles.make()
  return (await logs).run(number)
}
