// Seeds shared out among processes, one after the other.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ScenarioName } from './scenarios.ts'
import type { SeedResult } from './seed-result.ts'

export interface Task {
  readonly seed: number
  readonly isTwice: boolean
}

export interface CrewOptions {
  readonly scenario: ScenarioName
  readonly processes: number
  /** A planted bug, if there is to be one. */
  readonly bug?: string | undefined
  readonly tasks: Iterable<Task>
  /** Nothing more is begun once it gives false. */
  readonly onResult: (result: SeedResult) => boolean
}

const PROGRAM = fileURLToPath(new URL('./crew-member.js', import.meta.url))

/** Resolves when every task is done, or as soon as `onResult` wants no more. Rejects when a process dies. */
export async function runCrew({ scenario, processes, bug, tasks, onResult }: CrewOptions): Promise<void> {
  const waiting = tasks[Symbol.iterator]()
  let isOver = false
  const member = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(PROGRAM, bug === undefined ? [scenario] : [scenario, bug])
      let current: number | null = null
      const next = () => {
        const task = isOver ? null : waiting.next()
        if (!task || task.done) return child.disconnect()
        current = task.value.seed
        child.send(task.value)
      }
      child.on('message', (result: SeedResult) => {
        if (!isOver && !onResult(result)) isOver = true
        next()
      })
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        if (code === 0) resolve()
        else reject(new Error(`the process that ran seed ${current} ended with ${signal ?? code}`))
      })
      next()
    })
  await Promise.all(Array.from({ length: processes }, member))
}
