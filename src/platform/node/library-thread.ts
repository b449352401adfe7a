// A worker thread that runs libraries: made with the first call, gone when nobody calls. Only a call that is under way keeps the process alive.

import { Worker } from 'node:worker_threads'
import { type Deferred, deferred } from '../../base/deferred.ts'
import type { Program, Threads } from '../../base/work.ts'

/** WebAssembly never gives memory back, so a thread that is not needed is worth its new start. */
const IDLE_MS = 10_000

interface Call {
  readonly program: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly argument: number
}

type Reply = { readonly bytes: Uint8Array } | { readonly failed: string }

export class LibraryThread implements Threads {
  #worker: Worker | null = null
  /** The one call that is under way; the others hold their bytes themselves, and wait. */
  #current: Deferred<Uint8Array> | null = null
  #line: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #idle: NodeJS.Timeout | null = null

  /** Whether there is a thread just now. */
  get isRunning(): boolean {
    return this.#worker !== null
  }

  call(program: Program, name: string, bytes: Uint8Array, argument: number): Promise<Uint8Array> {
    const done = this.#line.then(() => this.#ask({ program: String(program), name, bytes, argument }))
    this.#line = done.catch(() => {})
    this.#waiting++
    void this.#line.then(() => {
      if (--this.#waiting === 0) this.#sleepSoon()
    })
    return done
  }

  /** Ends the thread; the call under way fails. */
  async rest(): Promise<void> {
    if (this.#idle) clearTimeout(this.#idle)
    const worker = this.#worker
    if (!worker) return
    this.#lost(worker, new Error('the thread was ended'))
    await worker.terminate()
  }

  #ask(call: Call): Promise<Uint8Array> {
    if (this.#idle) clearTimeout(this.#idle)
    this.#worker ??= this.#start()
    this.#worker.ref()
    const answer = deferred<Uint8Array>()
    this.#current = answer
    const bytes = new Uint8Array(call.bytes) // slice() of a Buffer is a view, and what is sent is gone here
    this.#worker.postMessage({ ...call, bytes }, [bytes.buffer])
    return answer.promise
  }

  #start(): Worker {
    // Flags of this process may say how to read a program's text, and are not meant for this one.
    const worker = new Worker(`(${threadMain})(require)`, { eval: true, execArgv: [], workerData: { from: import.meta.url } })
    worker.on('message', (reply: Reply) => this.#replied(worker, reply))
    worker.on('error', (why) => this.#lost(worker, why))
    worker.on('exit', (code) => this.#lost(worker, new Error(`the thread ended with code ${code}`)))
    return worker
  }

  /** What a thread says that was ended meanwhile belongs to a call that has failed already, not to the one of the next thread. */
  #replied(worker: Worker, reply: Reply): void {
    if (this.#worker !== worker) return
    const current = this.#current
    this.#current = null
    worker.unref()
    if ('bytes' in reply) current?.resolve(reply.bytes)
    else current?.reject(new Error(reply.failed))
  }

  #lost(worker: Worker, why: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#current?.reject(why)
    this.#current = null
  }

  #sleepSoon(): void {
    this.#idle = setTimeout(() => void this.rest(), IDLE_MS).unref()
  }
}

/** The thread's whole program; it is handed over as text, so it names nothing of this module. */
function threadMain(require: NodeJS.Require): void {
  const { parentPort, workerData } = require('node:worker_threads') as typeof import('node:worker_threads')
  const { createRequire } = require('node:module') as typeof import('node:module')
  const load = createRequire((workerData as { from: string }).from)
  type Library = Record<string, (bytes: Uint8Array, argument: number) => Uint8Array>
  const libraries = new Map<string, Promise<Library>>()
  parentPort!.on('message', async ({ program, name, bytes, argument }: Call) => {
    try {
      let library = libraries.get(program)
      // biome-ignore lint/security/noGlobalEval: the text is a function of our own
      if (!library) libraries.set(program, (library = globalThis.eval(`(${program})`)(load) as Promise<Library>))
      const result = (await library)[name]!(bytes, argument)
      const own = result.byteLength === result.buffer.byteLength ? result : new Uint8Array(result)
      parentPort!.postMessage({ bytes: own }, [own.buffer as ArrayBuffer])
    } catch (thrown) {
      parentPort!.postMessage({ failed: thrown instanceof Error ? thrown.message : String(thrown) })
    }
  })
}
