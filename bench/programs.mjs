/** Load programs: started with priority, with a time limit, in a process of their own. */
import { start } from '../test/interop/lib/processes.mjs'
import { raise } from './priority.mjs'

/** Starts a program, see `start` of the judges, above strangers. */
export function startRaised(command, args, options) {
  const handle = start(command, args, options)
  raise(handle.pid)
  return handle
}

/** Runs a program to its end; one that takes too long, or fails, throws with the last of its output. */
export async function runRaised(command, args, { timeoutMs = 300_000, ...options } = {}) {
  const handle = startRaised(command, args, options)
  let tookTooLong = false
  const limit = setTimeout(() => {
    tookTooLong = true
    handle.destroy()
  }, timeoutMs)
  const { code } = await handle.ended
  clearTimeout(limit)
  if (code !== 0 || tookTooLong) {
    const why = tookTooLong ? `took more than ${timeoutMs / 1000} s` : `ended with ${code}`
    throw new Error(`${command.split('/').at(-1)} ${why}: ${handle.output.trim().slice(-300)}`)
  }
  return handle
}
