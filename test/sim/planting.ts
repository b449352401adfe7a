// Where a bug is planted: in one file of the compiled sources, whose text a hook changes while Node loads it.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { register } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { PlantedBug } from './planted-bugs.ts'
import { type ScenarioName, scenarios } from './scenarios.ts'

/** The folder that holds the compiled `src` and `test`. */
const COMPILED = fileURLToPath(new URL('../..', import.meta.url))

export interface Planting {
  readonly url: string
  readonly find: string
  readonly replace: string
}

/** Plants the bug of that name into everything that is loaded from here on. Throws where the sources have changed under it. */
export function plant(name: string, scenario: ScenarioName): PlantedBug {
  const { bugs } = scenarios[scenario]
  const bug = bugs.find((one) => one.name === name)
  if (!bug) throw new Error(`no bug is called ${name}; there are ${bugs.map((one) => one.name).join(', ')}`)
  register(new URL('./planting-hooks.js', import.meta.url), { data: placeOf(bug) })
  return bug
}

/** The one file that has the text, once. Throws where it is not there, or not alone. */
export function placeOf({ name, where, find, replace }: PlantedBug): Planting {
  const path = join(COMPILED, where)
  const files = statSync(path, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(path).map((file) => join(path, file))
    : [path]
  const sources = files.filter((file) => file.endsWith('.js') && !file.endsWith('.test.js'))
  const hits = sources.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split(find)
      .slice(1)
      .map(() => file),
  )
  if (hits.length !== 1) throw new Error(`the bug ${name} has no one place: "${find}" is ${hits.length} times in ${where}`)
  return { url: pathToFileURL(hits[0]!).href, find, replace }
}
