// Where /metrics is served, and what becomes of a port that is taken.

import { type Http, type HttpLimits, type HttpOptions, PortTaken } from '../platform/http.ts'
import type { Logger } from '../platform/logger.ts'
import type { Listener } from '../platform/network.ts'

export interface MetricsEndpoint {
  readonly host: string
  readonly port: number
  /** Whether somebody set the port. Else it is the default, and several nodes on one machine have the same. */
  readonly isChosen: boolean
}

/** Nodes of one machine that all have the default take the ports behind it, one after the other. */
const PORTS_TRIED = 10

/** Prometheus keeps one connection to each target. */
const limits: HttpLimits = {
  maxConnections: 16,
  maxHeaderBytes: 16 * 1024,
  headerTimeoutMs: 10_000,
  answerTimeoutMs: 60_000,
  idleTimeoutMs: 120_000,
}

/**
 * Listens. A chosen port that is taken is an error: who set it watches it there. Of the default, and the nine ports behind it, the first free one is
 * taken, so that several nodes can be started on one machine without a word about metrics; null, and a warning, where none is.
 */
export async function listenForScrapes(
  http: Http,
  { host, port, isChosen }: MetricsEndpoint,
  logger: Logger,
  answer: HttpOptions['answer'],
): Promise<Listener | null> {
  const onError = (why: unknown) => logger.warn('a scrape of /metrics failed', { error: why })
  const listen = (on: number) => http.listen({ ...limits, address: { host, port: on }, key: 'metrics.port', answer, onError })
  if (isChosen) return told(await listen(port))
  const last = Math.min(port + PORTS_TRIED - 1, 65_535)
  for (let on = port; on <= last; on++) {
    try {
      const listener = await listen(on)
      if (on !== port) logger.warn(`port ${port} is taken: /metrics of this node is on ${on}; set metrics.port to fix it there`)
      return told(listener)
    } catch (thrown) {
      if (!(thrown instanceof PortTaken)) throw thrown
    }
  }
  logger.warn(`ports ${port} to ${last} are taken: this node serves no /metrics; set metrics.port to a free one, or to 0`)
  return null

  function told(listener: Listener): Listener {
    logger.info('/metrics and /healthz are served', { host: host === '' ? 'every interface' : host, port: listener.address.port })
    return listener
  }
}
