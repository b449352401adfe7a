// Every generated page, by its path in the project.

import { clientOptionsPage } from './client-options-page.ts'
import { compatibilityPage, type Recorded, type Told } from './compatibility-page.ts'
import { configsPage, withoutEffectPage } from './config-pages.ts'
import { type Judged, judgedBy } from './judges.ts'
import { metricsPage } from './metrics-page.ts'
import { apisPage, errorsPage } from './protocol-pages.ts'
import { type Idle, withoutEffect, withoutEffectSource } from './without-effect.ts'

export { type Idle, type Judged, judgedBy, type Recorded, type Told, withoutEffect, withoutEffectSource }

export interface Findings {
  /** What `withoutEffect` found in the sources. */
  readonly idle: Idle
  /** What a started broker answers to ApiVersions. */
  readonly told: readonly Told[]
  readonly recorded: readonly Recorded[]
}

export function referencePages({ idle, told, recorded }: Findings): ReadonlyMap<string, string> {
  return new Map([
    ['docs/compatibility.md', compatibilityPage(told, recorded)],
    ['docs/reference/configs.md', configsPage()],
    ['docs/reference/configs-without-effect.md', withoutEffectPage(idle)],
    ['docs/reference/client-options.md', clientOptionsPage()],
    ['docs/reference/apis.md', apisPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/metrics.md', metricsPage()],
  ])
}
