// What a controller writes, it writes under its fence: with a check that nobody was elected after it.

import { isUnanswered, isZooKeeperError, type ZooKeeperError } from './errors.ts'
import { paths } from './layout.ts'
import { type Change, check, multi, type Operation, type Results } from './operations.ts'
import type { Session } from './session.ts'

/** Another controller was elected, or somebody changed the epoch's node by hand: this one may write no more. */
export class Fenced extends Error {
  override readonly name = 'Fenced'
}

export class Fence {
  readonly session: Session
  /** Of the controller that writes. */
  readonly epoch: number
  readonly #version: number

  /** @param version of `/controller_epoch` since our election. */
  constructor(session: Session, epoch: number, version: number) {
    this.session = session
    this.epoch = epoch
    this.#version = version
  }

  /**
   * All of `changes`, or none. Throws Fenced where another one was elected, what the ensemble says of the changes, and what `isUnanswered` knows where
   * nobody can tell what has happened.
   */
  async write<const T extends readonly Change<unknown>[]>(...changes: T): Promise<Results<T>> {
    const fenced: Operation<unknown[]> = multi(check(paths.controllerEpoch, this.#version), ...changes) as Operation<unknown[]>
    try {
      return (await this.session.ask(fenced)).slice(1) as Results<T>
    } catch (thrown) {
      // A multi names the path of the change that failed: the fence's own error is told from those of the changes.
      if (isZooKeeperError(thrown, 'BadVersion', 'NoNode') && (thrown as ZooKeeperError).detail === paths.controllerEpoch)
        throw new Fenced(`the epoch of this controller (${this.epoch}) is over`, { cause: thrown })
      throw thrown
    }
  }

  /**
   * As `write`, until there is an answer. What was tried without an answer may have happened: then the next try fails, and `isDone` tells whether by that.
   */
  async insist(changes: readonly Change<unknown>[], isDone: (thrown: unknown) => boolean | Promise<boolean>): Promise<void> {
    for (let isDoubtful = false; ; ) {
      await this.session.whenConnected()
      try {
        await this.write(...changes)
        return
      } catch (thrown) {
        if (isUnanswered(thrown)) isDoubtful = true
        else if (!isDoubtful || thrown instanceof Fenced || !(await isDone(thrown))) throw thrown
        else return
      }
    }
  }
}
