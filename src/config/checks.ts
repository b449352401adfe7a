// What a value of a key may be, as a rule and in words.

export interface Check<T> {
  /** In words that follow "allowed:"; empty where the type says it all. */
  readonly allowed: string
  holds(value: T): boolean
  /** Brings a value into the spelling of the table before it is checked. */
  convert?(value: T): T
}

export interface Range {
  readonly min?: number
  readonly max?: number
}

export const anything = (allowed: string): Check<unknown> => ({ allowed, holds: () => true })

export const nonEmpty = (): Check<string> => ({ allowed: 'a text that is not empty', holds: (text) => text !== '' })

/** Both ends included. */
export function inRange({ min, max }: Range): Check<number> {
  return {
    allowed:
      min !== undefined && max !== undefined
        ? `${min} to ${max}`
        : min !== undefined
          ? `at least ${min}`
          : max !== undefined
            ? `at most ${max}`
            : '',
    holds: (value) => (min === undefined || value >= min) && (max === undefined || value <= max),
  }
}

export const anyOf = (one: number, range: Check<number>): Check<number> => ({
  allowed: `${range.allowed}, or ${one}`,
  holds: (value) => value === one || range.holds(value),
})

export function oneOf(words: readonly string[], ignoreCase: boolean): Check<string> {
  const check = { allowed: words.join(', '), holds: (word: string) => words.includes(word) }
  if (!ignoreCase) return check
  const known = new Map(words.map((word) => [word.toLowerCase(), word]))
  return { ...check, convert: (word) => known.get(word.toLowerCase()) ?? word }
}

/** No entry empty; each one of `words`, where they are given. */
export function listOf(words: readonly string[] | null, mayBeEmpty: boolean): Check<readonly string[]> {
  const what = words ? `a list of ${words.join(', ')}` : 'a list separated by commas'
  return {
    allowed: `${what}, ${mayBeEmpty ? 'none of them empty' : 'at least one and none of them empty'}`,
    holds: (list) => (mayBeEmpty || list.length > 0) && list.every((entry) => entry !== '' && (!words || words.includes(entry))),
  }
}

/** `*`, or which replicas are throttled, as partition:broker. */
export const throttledReplicas: Check<readonly string[]> = {
  allowed: '*, or a list of partition:broker such as 0:1,1:2',
  holds: (list) => (list.length === 1 && list[0] === '*') || list.every((entry) => /^\d+:\d+$/.test(entry)),
}

const DURATION_BACK = /^by_duration:P(?=[\dT])(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?$/i

/** Where a share group begins: latest, earliest, or a duration back from now (KIP-1106). */
export const offsetReset: Check<string> = {
  allowed: 'latest, earliest, or by_duration: with an ISO 8601 duration such as by_duration:PT1H30M',
  holds: (text) => text === 'latest' || text === 'earliest' || DURATION_BACK.test(text),
}

/** Where a consumer begins: as a share group, or nowhere by itself. */
export const consumerOffsetReset: Check<string> = {
  allowed: `${offsetReset.allowed}, or none`,
  holds: (text) => text === 'none' || offsetReset.holds(text),
}
