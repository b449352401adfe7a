/** A broker as a container's entry point runs it: `odradek start` without a file, in an empty folder, told everything by its environment. */
import { mkdirSync } from 'node:fs'
import { ourCommand, tail } from '../lib/brokers.mjs'
import { start } from '../lib/processes.mjs'

const READY = /^odradek \S+ ready on (\S+) \(/m

/** Nothing of this machine's environment comes along but what Node needs. */
const bare = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR ?? '/tmp' }

export class EntryPoint {
  constructor(dir, environment) {
    this.dir = dir
    this.environment = environment
    this.child = null
    mkdirSync(dir, { recursive: true })
  }

  get output() {
    return this.child.output
  }

  /** Resolves with the addresses of the ready line; throws with what it said where it ends instead. */
  async start(ms = 60_000) {
    this.child = start(process.execPath, [ourCommand, 'start'], { cwd: this.dir, env: { ...bare, ...this.environment } })
    const deadline = performance.now() + ms
    for (;;) {
      const found = READY.exec(this.child.stdout)
      if (found) return found[1]
      if (this.child.exited) throw new Error(`it ended with ${this.child.exited.code}: ${tail(this.output, 20)}`)
      if (performance.now() > deadline) throw new Error(`not ready within ${ms / 1000} s: ${tail(this.output, 20)}`)
      await new Promise((resume) => setTimeout(resume, 20))
    }
  }

  /** SIGTERM; resolves with how it ended. */
  async stop() {
    if (this.child && !this.child.exited) this.child.kill('SIGTERM')
    return this.child?.ended
  }

  async kill() {
    this.child?.destroy()
    await this.child?.ended
  }
}
