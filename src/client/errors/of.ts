// Whatever came from a room below or from a broker, as an error of the client's own family.

import { MalformedBytes } from '../../base/bytes.ts'
import { ConfigError } from '../../config/error.ts'
import { ConnectionLost, NoAnswer } from '../../net/dial.ts'
import { TlsRefused } from '../../platform/network.ts'
import { type ErrorName, errorName, KafkaError } from '../../protocol/errors.ts'
import {
  AuthenticationError,
  AuthorizationError,
  BrokerError,
  ClientError,
  ConnectionError,
  type ErrorDetails,
  FencedError,
  OptionError,
  TimeoutError,
  UnsupportedError,
} from './errors.ts'

type Kind = new (code: Exclude<ErrorName, 'NONE'>, message?: string, details?: ErrorDetails) => ClientError

const kinds: Partial<Record<ErrorName, Kind>> = {
  SASL_AUTHENTICATION_FAILED: AuthenticationError,
  UNSUPPORTED_SASL_MECHANISM: AuthenticationError,
  ILLEGAL_SASL_STATE: AuthenticationError,
  TOPIC_AUTHORIZATION_FAILED: AuthorizationError,
  GROUP_AUTHORIZATION_FAILED: AuthorizationError,
  CLUSTER_AUTHORIZATION_FAILED: AuthorizationError,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: AuthorizationError,
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: AuthorizationError,
  PRODUCER_FENCED: FencedError,
  FENCED_INSTANCE_ID: FencedError,
  NETWORK_EXCEPTION: ConnectionError,
  REQUEST_TIMED_OUT: TimeoutError,
  UNSUPPORTED_VERSION: UnsupportedError,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: UnsupportedError,
}

/**
 * The error that a broker's answer names: `what` says of what it was the answer ("Produce to orders-3"), `text` is what the broker says itself. Not for
 * code 0.
 */
export function brokerError(
  codeOrName: number | ErrorName,
  what: string,
  text?: string | null,
  details?: ErrorDetails,
): ClientError {
  const name = typeof codeOrName === 'number' ? errorName(codeOrName) : codeOrName
  const code = name === 'NONE' ? 'UNKNOWN_SERVER_ERROR' : name
  const said = text ? `: ${text}` : ''
  const number = code === 'UNKNOWN_SERVER_ERROR' && typeof codeOrName === 'number' && codeOrName !== -1 ? ` ${codeOrName}` : ''
  const Kind = kinds[code] ?? BrokerError
  const { message } = new KafkaError(code)
  return new Kind(code, `${what}: ${code}${number}${said || ` (${message})`}`, { said: text, ...details })
}

/** What was thrown, as a ClientError; `what` says what was being done. A bug of ours or of the program's stays what it is. */
export function clientError(thrown: unknown, what: string): unknown {
  if (thrown instanceof ClientError) return thrown
  if (thrown instanceof ConnectionLost && thrown.cause instanceof TlsRefused) {
    return new AuthenticationError('TLS_FAILED', `${what}: ${thrown.cause.message}`, { cause: thrown })
  }
  if (thrown instanceof NoAnswer) return new TimeoutError('TIMED_OUT', `${what}: ${thrown.message}`, { cause: thrown })
  if (thrown instanceof ConnectionLost)
    return new ConnectionError('NETWORK_EXCEPTION', `${what}: ${thrown.message}`, { cause: thrown })
  if (thrown instanceof KafkaError) return brokerError(thrown.error, what, thrown.message, { cause: thrown })
  if (thrown instanceof MalformedBytes)
    return new BrokerError('MALFORMED_ANSWER', `${what}: ${thrown.message}`, { cause: thrown })
  if (thrown instanceof ConfigError) return new OptionError(thrown.key, thrown.message, { cause: thrown })
  return thrown
}
