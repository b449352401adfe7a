/**
 * Strangers on the machine get what brokers and load programs leave over. On Linux every session is an "autogroup" of its own for the
 * scheduler, and root may give it a nice value; plain `nice` does not reach across sessions. Every program that the bench starts has a
 * session of its own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const nice = -15
let wanted = false

/** Turns it on, if the kernel has it and lets us; says in words what holds from now on. */
export function usePriority(isAsked) {
  wanted = isAsked && isAllowed()
  if (wanted) return `brokers and load programs run with autogroup nice ${nice}: strangers get what they leave over`
  return isAsked
    ? 'no priority over strangers: it needs Linux with autogroups, and root'
    : 'no priority over strangers: not asked for'
}

function isAllowed() {
  const switchFile = '/proc/sys/kernel/sched_autogroup_enabled'
  return process.getuid?.() === 0 && existsSync(switchFile) && readFileSync(switchFile, 'utf8').trim() === '1'
}

/** Raises the session of this process. One that has ended in the meantime needs nothing. */
export function raise(pid) {
  if (!wanted || pid === undefined) return
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(nice))
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error
  }
}
