// How this node asks the active controller, wherever that is: in this process, by its own handlers, or over the wire. A controller that is gone, or no longer
// the active one, is looked for again until the time of the request is up.

import { deferred } from '../base/deferred.ts'
import { ConnectionLost } from '../net/dial.ts'
import type { Exchange, Peer } from '../net/peer.ts'
import type { Clock } from '../platform/clock.ts'
import { errorCode, KafkaError } from '../protocol/errors.ts'
import type { Input } from '../protocol/schema.ts'

export interface ControllerClient {
  /**
   * Resolves with the active controller's answer, whatever it says but NOT_CONTROLLER. REQUEST_TIMED_OUT where none answered within `timeoutMs`; whether the
   * request was carried out is not known then. A request may reach the controller twice. BROKER_NOT_AVAILABLE once this node has closed its connections.
   */
  send<Req, Res>(exchange: Exchange<Req, Res>, body: Input<Req>, timeoutMs: number): Promise<Res>
}

/** Who leads the metadata log, and word of a change. */
export interface QuorumView {
  readonly leaderId: number | null
  onRole(run: () => void): void
}

export interface ControllerClientOptions {
  readonly clock: Clock
  readonly nodeId: number
  readonly quorum: QuorumView
  /** Asks the handlers of this process; null on a node without a controller. */
  readonly local: (<Req, Res>(exchange: Exchange<Req, Res>, body: Input<Req>) => Promise<Res>) | null
  /** The connection to the active controller, of this purpose alone. */
  readonly peer: Peer
  /**
   * How long one attempt may take, ms: a connection that is half open must not use up the whole time. The very same request goes out on another one then: a
   * change of in-sync replicas that was carried out after all is refused the second time, by its partition epoch (KIP-497). Missing: all of the time.
   */
  readonly attemptMs?: number | undefined
  /** The longest pause before the controller is looked for again, word of a new leader ends it; null where there is no other: NOT_CONTROLLER then. */
  readonly retryMs: number | null
}

const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')

export function controllerClient(options: ControllerClientOptions): ControllerClient {
  const { clock, nodeId, quorum, local, peer, retryMs, attemptMs = Number.POSITIVE_INFINITY } = options
  let changed = deferred<void>()
  let leaderId: number | null = null
  quorum.onRole(() => {
    // Where it moved, the connection leads to somebody else.
    if (quorum.leaderId !== leaderId) peer.reset()
    leaderId = quorum.leaderId
    changed.resolve()
    changed = deferred<void>()
  })
  return {
    async send(exchange, body, timeoutMs) {
      const deadline = clock.monotonic() + timeoutMs
      for (;;) {
        const left = deadline - clock.monotonic()
        const outcome = await once(exchange, body, Math.min(left, attemptMs))
        if ('answer' in outcome) return outcome.answer
        if (peer.isClosed) throw new KafkaError('BROKER_NOT_AVAILABLE', 'this node is stopping')
        if (retryMs === null) throw new KafkaError('NOT_CONTROLLER', outcome.why)
        if (clock.monotonic() + retryMs >= deadline)
          throw new KafkaError('REQUEST_TIMED_OUT', `no controller answered within ${timeoutMs} ms: ${outcome.why}`)
        await pause(retryMs)
      }
    },
  }

  async function once<Req, Res>(
    exchange: Exchange<Req, Res>,
    body: Input<Req>,
    timeoutMs: number,
  ): Promise<{ answer: Res } | { why: string }> {
    if (quorum.leaderId === null) return { why: 'nobody is known to lead the metadata quorum' }
    const isHere = quorum.leaderId === nodeId
    try {
      const answer = isHere && local ? await local(exchange, body) : await peer.send(exchange, body, { timeoutMs })
      if ((answer as { errorCode?: number }).errorCode !== NOT_CONTROLLER) return { answer }
      return { why: `node ${quorum.leaderId} is not the active controller yet, or any more` }
    } catch (thrown) {
      if (thrown instanceof ConnectionLost) return { why: thrown.message }
      throw thrown
    }
  }

  /** Until somebody else leads, at most for the time that lies between two attempts. */
  async function pause(ms: number): Promise<void> {
    const over = deferred<void>()
    const timer = clock.after(ms, () => over.resolve())
    await Promise.race([over.promise, changed.promise])
    timer.cancel()
  }
}
