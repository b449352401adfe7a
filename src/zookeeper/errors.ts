// What ZooKeeper answers where it does not do what it was asked for, and what happens to a question that gets no answer.

/** The codes that servers send, by name. */
const codes = {
  SystemError: -1,
  RuntimeInconsistency: -2,
  DataInconsistency: -3,
  /** The connection broke before the answer: what was asked for may have happened, or may not. */
  ConnectionLoss: -4,
  MarshallingError: -5,
  Unimplemented: -6,
  OperationTimeout: -7,
  BadArguments: -8,
  NoNode: -101,
  NoAuth: -102,
  BadVersion: -103,
  NoChildrenForEphemerals: -108,
  NodeExists: -110,
  NotEmpty: -111,
  SessionExpired: -112,
  InvalidAcl: -114,
  AuthFailed: -115,
  SessionMoved: -118,
  NotReadOnly: -119,
  QuotaExceeded: -125,
  ThrottledOp: -127,
} as const

export type ZooKeeperErrorName = keyof typeof codes

const names = new Map<number, ZooKeeperErrorName>(Object.entries(codes).map(([name, code]) => [code, name as ZooKeeperErrorName]))

export class ZooKeeperError extends Error {
  override readonly name = 'ZooKeeperError'
  readonly error: ZooKeeperErrorName
  /** The path, where the ensemble refused to do something with a node. */
  readonly detail: string

  constructor(error: ZooKeeperErrorName, detail: string, options?: ErrorOptions) {
    super(`${error}: ${detail}`, options)
    this.error = error
    this.detail = detail
  }

  static ofCode(code: number, detail: string): ZooKeeperError {
    const name = names.get(code)
    return name ? new ZooKeeperError(name, detail) : new ZooKeeperError('SystemError', `${detail} (code ${code})`)
  }
}

/** Whether `thrown` is one of these errors. */
export function isZooKeeperError(thrown: unknown, ...wanted: readonly ZooKeeperErrorName[]): boolean {
  return thrown instanceof ZooKeeperError && wanted.includes(thrown.error)
}

/** Nobody knows whether a request that failed with one of these was carried out. */
export function isUnanswered(thrown: unknown): boolean {
  return isZooKeeperError(thrown, 'ConnectionLoss', 'OperationTimeout', 'SessionMoved')
}
