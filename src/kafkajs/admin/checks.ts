// What programs give the admin client, checked before anybody is asked.

import { KafkaJSNonRetriableError } from '../errors/classes.ts'

export function need(isRight: unknown, otherwise: string): asserts isRight {
  if (!isRight) throw new KafkaJSNonRetriableError(otherwise)
}

export function checkName(name: unknown, what: string): void {
  need(typeof name === 'string' && name !== '', `Invalid ${what} ${name}`)
}

/** A list of things with a topic each, none of them twice. */
export function checkTopicList(list: readonly { readonly topic: unknown }[] | null | undefined, what: string): void {
  need(Array.isArray(list), `Invalid ${what} array ${list}`)
  need(
    list.every(({ topic }) => typeof topic === 'string'),
    `Invalid ${what} array, the topic names have to be a valid string`,
  )
  const names = new Set(list.map(({ topic }) => topic))
  need(names.size === list.length, `Invalid ${what} array, it cannot have multiple entries for the same topic`)
}

/** One of the numbers of an enumeration. */
export function checkNumber(value: unknown, allowed: object, what: string): void {
  need(Object.values(allowed).includes(value), `Invalid ${what} ${value}`)
}
