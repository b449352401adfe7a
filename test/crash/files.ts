// Indexes, checkpoints and snapshots damaged at random: rebuilt, or refused with a message, never believed.

import { Worker } from 'node:worker_threads'
import type { Campaign, Task } from './campaign.ts'
import type { Verdict } from './judge.ts'
import { roomOf, verdictOf } from './rooms.ts'

/** A file that takes longer is one that never ends. */
const LIMIT_MS = 30_000
const SAVE_EVERY = 5000
const MAX_HEAP_MB = 512

/** What a worker says of a file that it tried. */
export interface Tried {
  readonly number: number
  readonly verdict: Verdict
}

export const files: Campaign = {
  name: 'files',
  about: 'indexes, checkpoints and snapshots damaged at random: rebuilt or refused with a message, never believed',
  goals: [{ count: 'files', target: 100_000 }],
  share: 2000,

  async run(task) {
    const { first } = task
    let number = first
    let saved = performance.now()
    while (number < first + task.times && !task.isOver()) {
      const end = Math.min(first + task.times, number + SAVE_EVERY)
      number = await inWorker(number, end, task, (tried) => task.progress(tried + 1 - first))
      task.counters.add({}, (performance.now() - saved) / 1000)
      saved = performance.now()
      task.counters.save()
    }
  },

  async repeat(number, say) {
    const { kind, what, detail } = await verdictOf(number)
    say(`${kind}: ${what}\n${detail}`)
  },
}

/** Tries files from `from` on, until `end` or until the time is over; the number of the first that was not tried. */
function inWorker(from: number, end: number, task: Task, onTried: (number: number) => void): Promise<number> {
  const worker = new Worker(new URL('./files-worker.js', import.meta.url), {
    workerData: { from, end },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  let next = from
  return new Promise((resolve) => {
    let limit = watch()
    worker.on('message', (tried: Tried) => {
      clearTimeout(limit)
      limit = watch()
      next = tried.number + 1
      note(task, tried)
      onTried(tried.number)
      if (task.isOver()) void stop()
    })
    worker.on('error', (error) => {
      note(task, { number: next, verdict: { kind: 'wrong', what: 'the process is lost', detail: error.message } })
      next++
    })
    worker.on('exit', () => void stop())

    function watch(): NodeJS.Timeout {
      return setTimeout(() => {
        note(task, { number: next, verdict: { kind: 'wrong', what: 'no end', detail: `not ready within ${LIMIT_MS} ms` } })
        next++
        void stop()
      }, LIMIT_MS)
    }

    async function stop(): Promise<void> {
      clearTimeout(limit)
      await worker.terminate()
      resolve(next)
    }
  })
}

function note({ counters, say }: Task, { number, verdict }: Tried): void {
  const { kind, what, detail } = verdict
  counters.add({ files: 1, [kind]: 1, [`${roomOf(number)} opened`]: 1 })
  if (kind !== 'wrong') return
  counters.fail(what, `npm run crash -- --only files --case ${number}`)
  say(`FAILED ${number}: ${what}\n  ${detail.slice(0, 500)}`)
}
