// The id under which brokers know this client where they take in its metrics (KIP-714).

import type { Exchange } from '../../net/peer.ts'
import {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from '../../protocol/messages/get-telemetry-subscriptions.ts'
import type { CallOptions, Link } from './link.ts'

const ASK: Exchange<GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse> = {
  request: GetTelemetrySubscriptionsRequest,
  response: GetTelemetrySubscriptionsResponse,
}

/** Gives this client an id. UNSUPPORTED_VERSION where the brokers take in no metrics: Kafka's do so only with a plugin. */
export async function newClientInstanceId(link: Link, options?: CallOptions): Promise<string> {
  return (await link.any(ASK, {}, link.patience('the id of this client', options))).clientInstanceId
}
