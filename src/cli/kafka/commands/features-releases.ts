// What releases mean by the levels of features, as kafka-features and kafka-storage print it.

import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { allReleases, LATEST, levelAt, metadataVersionOf, nameAndLevel, otherFeatures, releaseOf } from '../releases.ts'

/** Missing: the newest release. */
export function printMapping(release: string = LATEST, around: Pick<Surroundings, 'print'>): void {
  const version = metadataVersionOf(release)
  if (version === undefined)
    throw new Failure(`Unknown metadata.version '${release}'. Supported metadata.version are: ${allReleases}`)
  around.print(`metadata.version=${version} (${release})`)
  for (const feature of otherFeatures) around.print(`${feature.name}=${levelAt(feature, version)}`)
}

export function printDependencies(typed: readonly string[], around: Pick<Surroundings, 'print'>): void {
  for (const text of typed) {
    const { name, level } = nameAndLevel(text)
    if (name === 'metadata.version') {
      const release = releaseOf(level)
      if (release === undefined) throw new Failure(`Unknown metadata.version ${level}`)
      around.print(`${name}=${level} (${release}) has no dependencies.`)
      continue
    }
    const feature = otherFeatures.find((each) => each.name === name)
    if (!feature) throw new Failure(`Unknown feature: ${name}`)
    if (level < 0 || level >= feature.since.length)
      throw new Failure(`Feature level ${level} is not supported for feature ${name}`)
    const needed = feature.needs?.[level]
    around.print(`${name}=${level} ${needed === undefined ? 'has no dependencies.' : 'requires:'}`)
    if (needed !== undefined) around.print(`    metadata.version=${needed} (${releaseOf(needed)})`)
  }
}
