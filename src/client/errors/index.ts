// The errors of the client, as programs import them.

export type { ErrorCode } from './codes.ts'
export * from './errors.ts'
export { brokerError, clientError } from './of.ts'
