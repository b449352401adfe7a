// Closes a log, with everything a start can trust, or as it is.

import type { LogGate } from './log-gate.ts'
import type { LogMaintenance } from './log-maintenance.ts'
import type { LogState } from './log-state.ts'
import type { Visitors } from './visitors.ts'
import type { Watermarks } from './watermarks.ts'

export interface ClosingParts {
  readonly state: LogState
  readonly watermarks: Watermarks
  readonly visitors: Visitors
  readonly gate: LogGate
  readonly maintenance: LogMaintenance
}

export async function closeCleanly(parts: ClosingParts): Promise<void> {
  const { state, watermarks } = parts
  await stop(parts)
  await watermarks.settled()
  await state.saveEpochs() // first: it flushes the directory, so that the segments need not
  await watermarks.flushed()
  await watermarks.sealed()
  const { active } = state.segments
  if (active.sizeInBytes > 0) await active.indexes.write()
  await state.snapshotProducers()
  await closeFiles(parts)
}

export async function closeAsIs(parts: ClosingParts): Promise<void> {
  const { state, watermarks } = parts
  await stop(parts)
  if (!state.offline) await watermarks.settled().catch(() => {}) // the directory's listeners were told
  await closeFiles(parts)
}

async function stop({ gate, visitors, maintenance }: ClosingParts): Promise<void> {
  gate.isClosed = true
  visitors.close()
  await maintenance.over()
}

/** Readers who still want a file are refused. When this resolves nobody is left who uses the directory's name. */
async function closeFiles({ state, watermarks, visitors }: ClosingParts): Promise<void> {
  const { all } = state.segments
  await watermarks.stop()
  for (const segment of all) await segment.closeFile()
  await visitors.gone()
  for (const segment of all) segment.forget()
}
