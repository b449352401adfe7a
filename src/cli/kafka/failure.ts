// Ways for a command to end without having done what it was asked for.

/** Said in one line; nothing more is known about it. */
export class Failure extends Error {
  override readonly name: string = 'Failure'
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** What was typed does not make a whole: the help follows. */
export class UsageFailure extends Failure {
  override readonly name = 'UsageFailure'
}
