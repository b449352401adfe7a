// Configurations to add and to delete, as they are typed.

import { readProperties } from '../client.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import type { ConfigOptions } from './configs.ts'

/** Of --add-config and --add-config-file; the last one of a name counts. */
export async function configsToAdd(found: ConfigOptions, around: Surroundings): Promise<ReadonlyMap<string, string>> {
  const path = found.text('add-config-file')
  const added = new Map(path === undefined ? [] : await readProperties(path, around))
  const typed = found.text('add-config')
  if (typed !== undefined) {
    const pairs = outsideBrackets(typed, /,/).map((pair) => outsideBrackets(pair, /\s*=\s*/))
    if (!pairs.every(({ length }) => length === 2)) {
      throw new Failure(
        'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
      )
    }
    for (const [name, value] of pairs) added.set(name!.trim(), value!.replace(/\[?\]?/g, '').trim())
  }
  for (const name of added.keys()) {
    if (!/^[a-zA-Z0-9._-]*$/.test(name)) throw new Failure(`Invalid character found for config key: ${name}`)
  }
  return added
}

export const configsToDelete = (found: ConfigOptions): readonly string[] =>
  found.texts('delete-config').flatMap((typed) => typed.split(',').map((name) => name.trim()))

/** Split where the mark stands outside of square brackets. */
function outsideBrackets(text: string, mark: RegExp): string[] {
  return text.split(new RegExp(`${mark.source}(?=[^\\]]*(?:\\[|$))`))
}
