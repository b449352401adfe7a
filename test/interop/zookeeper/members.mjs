/** Nodes as processes of their own, and what they said. */
import { join } from 'node:path'
import { start } from '../lib/processes.mjs'

export class Members {
  constructor(modules, connect, sessionMs) {
    this.modules = modules
    this.connect = connect
    this.sessionMs = sessionMs
    this.all = []
    /** Everything that was told to be committed, in the order of the acknowledgements. */
    this.acked = []
    /** When each acknowledgement came, in milliseconds. */
    this.ackedAt = []
  }

  /** Starts node `id` and waits until it knows the log. */
  async add(id) {
    const member = {
      id,
      isLeader: false,
      epoch: 0,
      committed: [],
      said: [],
      retired: null,
      isRunning: true,
      first: null,
      led: [],
    }
    const script = join(import.meta.dirname, 'member.mjs')
    member.process = start(process.execPath, [script, this.modules, this.connect, String(id), String(this.sessionMs)], {
      input: null,
      onLine: (line) => this.#take(member, line),
    })
    member.process.ended.then(() => {
      member.isRunning = false
      member.isLeader = false
    })
    member.tell = (order) => member.process.stdin.write(`${order}\n`)
    member.kill = async () => {
      member.process.kill('SIGKILL')
      await member.process.ended
    }
    this.all.push(member)
    await until(
      () => member.first !== null,
      40_000,
      () => `node ${id} started: ${member.process.output.slice(-1000)}`,
    )
    return member
  }

  #take(member, line) {
    const said = JSON.parse(line)
    member.said.push(said)
    if (said.role) {
      member.isLeader = said.role.isLeader
      member.epoch = said.role.epoch
      if (said.role.isLeader) member.led.push(said.role.epoch)
    }
    if (said.committed) member.committed.push(...said.committed)
    if (said.acked) {
      this.acked.push(said.acked)
      this.ackedAt.push(said.at)
    }
    if (said.retired) member.retired = said.retired
    if (said.started !== undefined) {
      member.first = said.started
      member.logStart = said.first
    }
  }

  get running() {
    return this.all.filter(({ isRunning }) => isRunning)
  }

  async leader(ms = 30_000, except = null) {
    let found
    await until(
      () => (found = this.running.find((member) => member.isLeader && member !== except)),
      ms,
      () => `a leader: ${JSON.stringify(this.running.map(({ id, said }) => [id, ...said.slice(-3)]))}`,
    )
    return found
  }

  /** All that was acknowledged is committed once, at its offset, and all nodes saw one order. */
  check() {
    const byOffset = new Map()
    for (const { id, committed, first } of this.all) {
      let next = first
      for (const text of committed) {
        const offset = Number(text.split(' ')[0])
        if (offset !== next) throw new Error(`node ${id} was told ${text} where ${next} was next`)
        next++
        const other = byOffset.get(offset) ?? text
        if (other !== text) throw new Error(`two histories: ${other} and ${text}`)
        byOffset.set(offset, text)
      }
    }
    for (const text of this.acked) {
      const there = byOffset.get(Number(text.split(' ')[0]))
      if (there !== text) throw new Error(`${text} was acknowledged, and ${there ?? 'nothing'} is there`)
    }
    const texts = [...byOffset.values()].map((text) => text.split(' ')[1])
    if (new Set(texts).size !== texts.length) throw new Error('something is there twice')
    const epochs = this.all.flatMap(({ led }) => led)
    if (new Set(epochs).size !== epochs.length) throw new Error(`two led in one epoch: ${epochs}`)
  }

  /** The longest time without an acknowledgement, in milliseconds. */
  longestGap() {
    return Math.max(0, ...this.ackedAt.slice(1).map((at, index) => at - this.ackedAt[index]))
  }

  async stop() {
    for (const { process } of this.running) process.destroy()
    for (const { process } of this.all) await process.ended
  }
}

export async function until(condition, ms, describe) {
  const deadline = performance.now() + ms
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${ms / 1000} s: ${describe()}`)
    await new Promise((resume) => setTimeout(resume, 20))
  }
}
