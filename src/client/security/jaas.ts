// The text that Java programs are told their login by.

import { OptionError } from '../errors/index.ts'

const FORM = /^\s*[\w.$]+\s+(?:required|requisite|sufficient|optional)\s+([\s\S]*?);?\s*$/i
const OPTION = /([\w.]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s";]+))/g

/** The options of `org.apache...LoginModule required name="value" ...;`. Of another text none. */
export function jaasOptions(text: string): ReadonlyMap<string, string> {
  const [, options = ''] = FORM.exec(text) ?? []
  return new Map(
    [...options.matchAll(OPTION)].map(([, name, quoted, bare]) => [
      name!,
      quoted === undefined ? bare! : quoted.replace(/\\(.)/g, '$1'),
    ]),
  )
}

/** What to say to one that lacks `options`; its text is a secret. */
export function notJaas(...options: string[]): OptionError {
  const form = `...LoginModule required ${options.map((name) => `${name}="..."`).join(' ')};`
  return new OptionError('saslJaasConfig', `saslJaasConfig=(hidden) is not valid; allowed: ${form}`)
}
