// What `new Kafka(...)` is given.

import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { logLevel } from './enums.ts'
import type { Logger, logCreator } from './logging.ts'

export type BrokersFunction = () => string[] | Promise<string[]>

export interface KafkaConfig {
  /** Some brokers as host:port, or a function that gives them. */
  brokers: string[] | BrokersFunction
  /** TLS: `true`, or Node's options for it. */
  ssl?: ConnectionOptions | boolean
  sasl?: SASLOptions | Mechanism
  clientId?: string
  /** Milliseconds that making a connection may take. Default 1000. */
  connectionTimeout?: number
  authenticationTimeout?: number
  reauthenticationThreshold?: number
  /** Milliseconds that one answer may take. Default 30000. */
  requestTimeout?: number
  /** False: an answer may take as long as it likes. Default true. */
  enforceRequestTimeout?: boolean
  retry?: RetryOptions
  socketFactory?: ISocketFactory
  logLevel?: logLevel
  logCreator?: logCreator
}

export interface RetryOptions {
  /** Milliseconds that a pause grows to. Default 30000. */
  maxRetryTime?: number
  /** Milliseconds of the first pause. Default 300. */
  initialRetryTime?: number
  /** Up to which share of it a pause is longer or shorter. Default 0.2. */
  factor?: number
  /** By how much each pause is longer than the one before. Default 2. */
  multiplier?: number
  /** How often something is tried again. Default 5. */
  retries?: number
  /** Of a consumer: whether it starts again after a crash that another attempt may help. Default: yes. */
  restartOnFailure?: (e: Error) => Promise<boolean>
}

interface SaslByMechanism {
  plain: { username: string; password: string }
  'scram-sha-256': { username: string; password: string }
  'scram-sha-512': { username: string; password: string }
  aws: { authorizationIdentity: string; accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  oauthbearer: { oauthBearerProvider: () => Promise<OauthbearerProviderResponse> }
}

export type SASLMechanism = keyof SaslByMechanism
export type SASLOptions = { [M in SASLMechanism]: { mechanism: M } & SaslByMechanism[M] }[SASLMechanism]

export interface OauthbearerProviderResponse {
  value: string
}

/** A mechanism that the program brings along. */
export type Mechanism = {
  mechanism: string
  authenticationProvider: (args: AuthenticationProviderArgs) => Authenticator
}

export type Authenticator = {
  authenticate: () => Promise<void>
}

export type AuthenticationProviderArgs = {
  host: string
  port: number
  logger: Logger
  saslAuthenticate: <ParseResult>(args: SaslAuthenticateArgs<ParseResult>) => Promise<ParseResult | void>
}

export type SaslAuthenticateArgs<ParseResult> = {
  request: { encode: () => Buffer | Promise<Buffer> }
  response?: {
    decode: (rawResponse: Buffer) => Buffer | Promise<Buffer>
    parse: (data: Buffer) => ParseResult
  }
}

export interface ISocketFactoryArgs {
  host: string
  port: number
  ssl: ConnectionOptions
  onConnect: () => void
}

/** Makes the socket of a connection; calls `onConnect` when bytes may be sent. */
export type ISocketFactory = (args: ISocketFactoryArgs) => Socket
