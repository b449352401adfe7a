// Releases of Kafka as they name the levels of features: what a cluster of each begins with. Facts of Apache Kafka 4.2.

import { Failure } from './failure.ts'

/** By the level of metadata.version, which begins with 7. The last one is not settled yet. */
const names = [
  '3.3-IV3',
  '3.4-IV0',
  '3.5-IV0',
  '3.5-IV1',
  '3.5-IV2',
  '3.6-IV0',
  '3.6-IV1',
  '3.6-IV2',
  '3.7-IV0',
  '3.7-IV1',
  '3.7-IV2',
  '3.7-IV3',
  '3.7-IV4',
  '3.8-IV0',
  '3.9-IV0',
  '4.0-IV0',
  '4.0-IV1',
  '4.0-IV2',
  '4.0-IV3',
  '4.1-IV0',
  '4.1-IV1',
  '4.2-IV0',
  '4.2-IV1',
  '4.3-IV0',
] as const
const FIRST = 7
/** The newest that is settled. */
export const LATEST = '4.2-IV1'

/** Every name, as it is told to those who typed another one. */
export const allReleases = names.join(', ')

/** The others: since which level of metadata.version a cluster begins with which of theirs, and what a level of theirs needs. */
export const otherFeatures: readonly {
  readonly name: string
  /** `since[n]` is the metadata.version from which on level n is what a cluster begins with. */
  readonly since: readonly number[]
  /** By its level, the least metadata.version. */
  readonly needs?: Readonly<Record<number, number>>
}[] = [
  { name: 'kraft.version', since: [7, 21] },
  { name: 'transaction.version', since: [7, 24, 24] },
  { name: 'group.version', since: [7, 22] },
  { name: 'eligible.leader.replicas.version', since: [7, 26], needs: { 1: 23 } },
  { name: 'share.version', since: [7, 28] },
  { name: 'streams.version', since: [7, 29] },
]

/** The name of a level of metadata.version, if it is one. */
export const releaseOf = (level: number): string | undefined => names[level - FIRST]

/** The level of metadata.version that a release means: 3.7 or 3.7.1 the last one of 3.7, 3.7-IV2 just that one. Undefined for what is no release. */
export function metadataVersionOf(release: string): number | undefined {
  const name = release.split('.').slice(0, 2).join('.')
  const exact = names.indexOf(name as (typeof names)[number])
  if (exact >= 0) return FIRST + exact
  const last = names.findLastIndex((each) => each.split('-')[0] === name)
  return last < 0 ? undefined : FIRST + last
}

/** The level of one of the other features that a cluster of this metadata.version begins with. */
export const levelAt = ({ since }: (typeof otherFeatures)[number], metadataVersion: number): number =>
  since.findLastIndex((from) => from <= metadataVersion)

/** name=level; a Failure where it is not. */
export function nameAndLevel(text: string): { readonly name: string; readonly level: number } {
  const at = text.indexOf('=')
  if (at < 0) throw new Failure(`Can't parse feature=level string ${text}: equals sign not found.`)
  const level = text.slice(at + 1).trim()
  if (!/^[+-]?\d{1,5}$/.test(level) || Number(level) > 32_767 || Number(level) < -32_768) {
    throw new Failure(`Can't parse feature=level string ${text}: unable to parse ${level} as a short.`)
  }
  return { name: text.slice(0, at).trim(), level: Number(level) }
}
