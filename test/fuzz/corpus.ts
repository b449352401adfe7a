// Inputs that once found something: one file each, replayed by every `npm test`. Lines that begin with # say what it was; every other line is
// a frame without its length in hex, `raw` and bytes as they are sent, or `batch` and the records of one partition.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Seen from the project's folder, in which tests and campaigns run. */
const FOLDER = 'test/fuzz/corpus'

export interface Input {
  readonly kind: 'frame' | 'raw' | 'batch'
  readonly bytes: Uint8Array
}

export interface Kept {
  readonly name: string
  readonly inputs: readonly Input[]
}

export function keptInputs(): Kept[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.hex'))
    .sort()
    .map((name) => ({ name, inputs: readFileSync(join(FOLDER, name), 'utf8').split('\n').flatMap(inputOf) }))
}

function inputOf(line: string): Input[] {
  if (line.trim() === '' || line.startsWith('#')) return []
  const [, kind = 'frame', hex] = line.match(/^(?:(raw|batch) )?([0-9a-f]*)$/)!
  return [{ kind: kind as Input['kind'], bytes: Buffer.from(hex!, 'hex') }]
}

/** Keeps inputs under a name that is not taken yet; gives the path. */
export function keep(name: string, found: string, inputs: readonly Input[]): string {
  mkdirSync(FOLDER, { recursive: true })
  let path = join(FOLDER, `${name}.hex`)
  for (let i = 2; existsSync(path); i++) path = join(FOLDER, `${name}-${i}.hex`)
  const about = found
    .split('\n')
    .slice(0, 6)
    .map((line) => `# ${line.slice(0, 200)}\n`)
  const lines = inputs.map(({ kind, bytes }) => `${kind === 'frame' ? '' : `${kind} `}${Buffer.from(bytes).toString('hex')}\n`)
  writeFileSync(path, [...about, ...lines].join(''))
  return path
}
