// Who is the active controller: Kafka's own election, by an ephemeral /controller and an epoch whose version fences.

import { isUnanswered, isZooKeeperError } from './errors.ts'
import { Fence } from './fence.ts'
import { bytesOf, bytesOfJson, ensure, lookOr, paths, textOf } from './layout.ts'
import { check, create, getData, multi, remove, setData } from './operations.ts'
import type { Session } from './session.ts'

export interface ControllerNode {
  /** Null where somebody wrote something else there. */
  readonly brokerId: number | null
  /** Our session's: this node's, of now or from before. */
  readonly isOurs: boolean
}

/** Who holds the office; null while nobody does. `changed` runs when that may have changed, and not where nobody does. */
export async function readController(session: Session, changed: () => void): Promise<ControllerNode | null> {
  const node = await lookOr(session, getData(paths.controller), changed)
  if (!node) return null
  return {
    brokerId: brokerIdOf(textOf(node.data)),
    isOurs: node.stat.ephemeralOwner === session.id,
  }
}

function brokerIdOf(text: string): number | null {
  try {
    const { brokerid } = JSON.parse(text) as { brokerid?: unknown }
    return typeof brokerid === 'number' ? brokerid : null
  } catch {
    return null
  }
}

/** The epoch that the ensemble counts; 0 before the first election, and where somebody wrote something else there. */
export async function readEpoch(session: Session): Promise<{ readonly epoch: number; readonly version: number } | null> {
  const node = await lookOr(session, getData(paths.controllerEpoch))
  if (!node) return null
  const epoch = Number(textOf(node.data))
  return { epoch: Number.isSafeInteger(epoch) && epoch >= 0 ? epoch : 0, version: node.stat.version }
}

export interface Candidate {
  readonly nodeId: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** The newest epoch in the log: the next one is greater, whatever somebody wrote into the epoch's node. */
  readonly logEpoch: number
  /** Our own session holds the office, from before: it is taken anew, in a new epoch. */
  readonly holdsOffice: boolean
}

/** What a new controller writes under; null where another node was quicker, or where the answer was lost: who looks again sees. */
export async function stand(session: Session, { nodeId, now, logEpoch, holdsOffice }: Candidate): Promise<Fence | null> {
  const known = await readEpoch(session)
  if (!known) {
    await ensure(session, create(paths.controllerEpoch, bytesOf('0')))
    return null
  }
  const epoch = Math.max(known.epoch, logEpoch) + 1
  // As Kafka 3.9 writes it.
  const office = bytesOfJson({ version: 2, brokerid: nodeId, timestamp: String(now), kraftControllerEpoch: -1 })
  const take = [
    create(paths.controller, office, 'ephemeral'),
    setData(paths.controllerEpoch, bytesOf(String(epoch)), known.version),
  ] as const
  try {
    const { version } = holdsOffice
      ? (await session.ask(multi(remove(paths.controller), ...take)))[2]
      : (await session.ask(multi(...take)))[1]
    return new Fence(session, epoch, version)
  } catch (thrown) {
    if (isUnanswered(thrown) || isZooKeeperError(thrown, 'NodeExists', 'NoNode', 'BadVersion')) return null
    throw thrown
  }
}

/**
 * Frees the office of the controller `leaderId`, elected in `epoch`, whose process is known to be gone: it need not be waited for until its session is over.
 * Nothing where another one was elected since. A process that is not gone after all is fenced by whoever is elected next, and stands anew.
 */
export async function vacate(session: Session, leaderId: number, epoch: number): Promise<void> {
  const known = await readEpoch(session)
  const held = await readController(session, () => {})
  if (known?.epoch !== epoch || held?.brokerId !== leaderId) return
  try {
    await session.ask(multi(check(paths.controllerEpoch, known.version), remove(paths.controller)))
  } catch (thrown) {
    if (!isZooKeeperError(thrown, 'NoNode', 'BadVersion')) throw thrown
  }
}
