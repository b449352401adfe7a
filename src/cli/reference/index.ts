// Every generated page, by its path in the project.

import { configsPage, withoutEffectPage } from './config-pages.ts'
import { apisPage, errorsPage } from './protocol-pages.ts'
import { type Idle, withoutEffect, withoutEffectSource } from './without-effect.ts'

export { type Idle, withoutEffect, withoutEffectSource }

/** `idle`: what `withoutEffect` found in the sources. */
export function referencePages(idle: Idle): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/configs.md', configsPage()],
    ['docs/reference/configs-without-effect.md', withoutEffectPage(idle)],
    ['docs/reference/apis.md', apisPage()],
    ['docs/reference/errors.md', errorsPage()],
  ])
}
