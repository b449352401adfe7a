// Sends requests at the bound to a broker, one after the other, and looks at how long the turns of its event loop are.

import { lookup } from 'node:dns/promises'
import { ByteReader } from '../../src/base/bytes.ts'
import type { Api } from '../../src/protocol/api.ts'
import { codec } from '../../src/protocol/codec.ts'
import { readRequestHeader } from '../../src/protocol/header.ts'
import { addressOf } from '../support/kafka-client.ts'
import { type BoundCase, boundCases } from './bounds.ts'
import type { Report } from './broker-child.ts'
import { due } from './judge.ts'
import { Lane } from './lane.ts'
import { Target } from './target.ts'
import { threadTimeMs } from './thread-time.ts'
import { inWorld, makeWorld } from './world.ts'

/** What one turn may take of the CPU. */
export const MAX_TURN_MS = 50
/** What it should take on the machine at hand, so that one of half the speed keeps the promise. */
export const AIM_TURN_MS = 25
/** What is longer is tried again: the first times are those of code that is not compiled yet. */
const TIMES = 4
/** A machine that is busy with other things takes its time. */
const DEADLINE_MS = 55_000

export interface Measured {
  readonly what: string
  /** To read the request in one piece, ms of CPU, in this process. */
  readonly decodeMs: number
  /** The longest turn of the broker's event loop, the least of a few tries. */
  readonly turnMs: number
  /** All that the broker worked for it. */
  readonly workedMs: number
  /** What the broker did wrong, if anything. */
  readonly wrong: string | null
}

/** Tries all of them against a broker of their own. */
export async function measureBounds(served: readonly Api[], told: (one: Measured) => void, only: RegExp = /./): Promise<void> {
  const target = Target.open()
  const keys = new Set(served.map(({ key }) => key))
  try {
    const bootstrap = await target.start()
    const world = await makeWorld(bootstrap)
    const { address } = await lookup('localhost')
    for (const one of boundCases(served)) {
      const what = `${one.api.name} ${one.version}: ${one.items} ${one.what}`
      if (!only.test(what)) continue
      const frame = inWorld(one.frame(), world)
      const owed = due(frame, keys)
      const patient = owed.kind === 'answer' ? { ...owed, mayWait: false } : owed
      const lane = new Lane(address, addressOf(bootstrap).port)
      const tries: Report[] = []
      const wrong: string[] = []
      while (tries.length < TIMES && (tries.at(-1)?.turnMs ?? Infinity) > AIM_TURN_MS) {
        await target.watch()
        const verdict = await lane.try(frame, patient, DEADLINE_MS)
        const report = await target.report()
        tries.push(report)
        wrong.push(...report.troubles, ...(verdict.kind === 'answered' ? [] : [JSON.stringify(verdict)]))
      }
      lane.drop()
      const { turnMs, workedMs } = tries.reduce((least, next) => (next.turnMs < least.turnMs ? next : least))
      told({ what, decodeMs: decodeMs(one, frame), turnMs, workedMs, wrong: wrong[0] ?? null })
    }
  } finally {
    await target.kill()
  }
}

function decodeMs({ api, version }: BoundCase, frame: Uint8Array): number {
  const reader = new ByteReader(frame)
  readRequestHeader(reader)
  const began = threadTimeMs()
  codec(api.request, version).read(reader)
  return threadTimeMs() - began
}
