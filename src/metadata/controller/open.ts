// Starts the controller on a metadata log that this node leads.

import { MachineRuntime } from '../../machine/runtime.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { batches } from '../../protocol/records/batch.ts'
import { MAX_BATCH_BYTES } from '../batches.ts'
import { type MetadataRecord, metadataCodec } from '../records.ts'
import { type MetadataLogSource, restoreImage } from '../restore.ts'
import { activate } from './activation.ts'
import { Controller, type ControllerSettings } from './controller.ts'

export type ControllerRuntime = MachineRuntime<Controller, MetadataRecord>

export interface OpenControllerOptions {
  readonly log: MetadataLogSource
  readonly settings: Omit<ControllerSettings, 'nextOffset'>
  readonly clock: Clock
  readonly logger: Logger
  /** The data batches of `bootstrap.checkpoint`; null where it is missing. */
  readonly bootstrap: readonly Uint8Array[] | null
  /** What a new cluster starts with as its own min.insync.replicas. */
  readonly minInsyncReplicas: number
  readonly onFailed?: (why: Error) => void
}

/** Loads the controller and writes what a new cluster begins with. Rejects for a metadata.version that this build does not speak. */
export async function openController(options: OpenControllerOptions): Promise<ControllerRuntime> {
  const { log, settings, clock, logger, bootstrap, minInsyncReplicas, onFailed } = options
  const runtime: ControllerRuntime = new MachineRuntime({
    name: 'the controller',
    create: () => new Controller({ ...settings, nextOffset: () => log.endOffset }),
    restore: (controller) => restoreImage(log, controller.image),
    log,
    codec: metadataCodec,
    clock,
    logger,
    maxBatchBytes: () => MAX_BATCH_BYTES,
    errors: { inactive: 'NOT_CONTROLLER', loading: 'NOT_CONTROLLER' },
    ...(onFailed ? { onFailed } : {}),
  })
  await runtime.load()
  const first = bootstrap ? recordsIn(bootstrap) : null
  await runtime.write((controller) => activate(controller, { bootstrap: first, minInsyncReplicas }))
  return runtime
}

function recordsIn(pieces: readonly Uint8Array[]): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const piece of pieces) {
    for (const batch of batches(piece)) {
      for (const { key, value } of batch.records()) {
        const record = metadataCodec.decode(key, value)
        if (record) records.push(record)
      }
    }
  }
  return records
}
