// Whether anybody listens at an address: asked by a connection that carries nothing.

import { type Caller, ConnectionLost, dial } from '../net/dial.ts'
import type { Clock } from '../platform/clock.ts'
import type { Address, Network } from '../platform/network.ts'

/** So often an address must refuse before its process counts as ended: once could be somebody's mistake. */
export const REFUSALS = 2
/** Between them. */
export const REFUSED_PAUSE_MS = 30

/** A system answers at once, however busy its processes are; who takes longer says nothing. */
const CONNECT_MS = 1000

/** An open connection to whoever listens there; `refused` where the system says that nobody does; `silent` where nothing is said that proves anything. */
export async function reach(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  address: Address,
): Promise<Caller | 'refused' | 'silent'> {
  try {
    return await dial(network, clock, address, { connectTimeoutMs: CONNECT_MS })
  } catch (thrown) {
    if (!(thrown instanceof ConnectionLost)) throw thrown
    return thrown.isRefused ? 'refused' : 'silent'
  }
}
