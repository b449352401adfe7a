// Files of JSON that commands are given, and what they say of one that is none.

import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

/** What the file holds; undefined where that is no JSON. `missing` is said where there is no such file. */
export async function readJson(
  path: string,
  around: Surroundings,
  missing = `Unable to read file ${path}`,
): Promise<Json | undefined> {
  const text = await around.readText(path)
  if (text === null) throw new Failure(missing)
  return parseJson(text)
}

/** Undefined where it is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

export const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** The field of an object; a Failure that says what was there where it is another kind of thing. */
export function fieldOf<T extends 'string' | 'number'>(json: Json, name: string, kind: T): T extends 'string' ? string : number {
  const value = isObject(json) ? json[name] : undefined
  const isRight = kind === 'number' ? Number.isSafeInteger(value) : typeof value === 'string'
  if (!isRight)
    throw new Failure(
      value === undefined
        ? `No such field exists: \`${name}\``
        : `Expected \`${kind === 'number' ? 'Integer' : 'String'}\` value, received ${JSON.stringify(value)}`,
    )
  return value as T extends 'string' ? string : number
}
