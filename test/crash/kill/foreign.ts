// What the judges of test/interop have already: brokers in processes of their own, programs of others, and how to get these. Plain
// JavaScript, so its types are told here.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Missing } from '../campaign.ts'

export interface Child {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  readonly output: string
  readonly exited: unknown
  readonly stdin: { write(text: string): void }
  readonly ended: Promise<unknown>
  destroy(): void
}

export interface BrokerChild {
  readonly pid: number
  readonly port: number
  readonly bootstrap: string
  readonly output: string
  stop(): Promise<{ readonly signal: string | null }>
  kill(): Promise<void>
}

interface Brokers {
  readonly ourCommand: string
  startBroker(settings: { dir: string; port?: number; overrides?: Readonly<Record<string, string>> }): Promise<BrokerChild>
}

export interface Processes {
  start(command: string, args: readonly string[], options?: { input?: string | null; onLine?: (line: string) => void }): Child
}

interface Cache {
  readonly versions: { readonly confluentKafka: string }
  pythonWith(name: string, packages: readonly string[]): Promise<string>
}

const load = <T>(name: string) => import(new URL(`../../../../test/interop/lib/${name}.mjs`, import.meta.url).href) as Promise<T>

export const brokers = () => load<Brokers>('brokers')
export const processes = () => load<Processes>('processes')

/** The path of a Python that has librdkafka's client. Throws Missing. */
export async function pythonWithClient(): Promise<string> {
  if (spawnSync('python3', ['--version']).status !== 0)
    throw new Missing('the foreign client needs python3 with its venv module: install Python 3.9 or newer')
  const { pythonWith, versions } = await load<Cache>('cache')
  try {
    const python = await pythonWith('confluent-kafka', [`confluent-kafka==${versions.confluentKafka}`])
    if (!existsSync(python)) throw new Error(`${python} is not there`)
    return python
  } catch (cause) {
    throw new Missing(
      `python3 is here, but confluent-kafka could not be installed; it takes the venv module and a way to a package index: ${cause}`,
    )
  }
}
