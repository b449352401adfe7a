// A recovered directory, written to a real folder, where other tools can read it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SimDirectory } from '../../src/platform/sim/inode.ts'
import type { SimBroker } from './sim-broker.ts'

/** Ends the broker, cleanly or as `kill -9` does, and copies its log directory to `folder`. */
export async function writeState(broker: SimBroker, folder: string, isClean: boolean): Promise<void> {
  if (isClean) await broker.stop()
  else broker.node.kill()
  const { device } = broker.node.machine
  copy('/data', folder)

  function copy(path: string, to: string): void {
    const node = device.find(path)
    if (!node) throw new Error(`${path} is not there`)
    if (!(node instanceof SimDirectory)) return writeFileSync(to, node.bytes)
    mkdirSync(to, { recursive: true })
    for (const name of node.entries.keys()) copy(`${path}/${name}`, join(to, name))
  }
}
