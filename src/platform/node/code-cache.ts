// A program of one file, together with what V8 made of its text when it ran before, so that a start need not compile it again.

import { createHash, type Hash } from 'node:crypto'
import { readFileSync, type Stats, statSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cachedDataVersionTag } from 'node:v8'
import { Script } from 'node:vm'

/** Beside the program. One file for each program, version of Node and set of V8's flags that ran it. */
const FOLDER = 'code-cache'
/** Before there are more of them all are removed; those that are in use come back. */
const MOST_FILES = 16
const SOON_MS = 1000
const DIGEST_BYTES = 32
const OTHERS_MAY_WRITE = 0o022

export interface LoadedProgram<T> {
  readonly exports: T
  /** Whether it ran from what was kept. */
  readonly wasKept: boolean
  /**
   * Keeps what is compiled by now for the next start, unless it ran from that already. Resolves to whether it is kept: a folder that cannot be
   * written, or that others may write, holds nothing, which costs time and nothing else. Takes 10 to 30 ms of the event loop.
   */
  keep(): Promise<boolean>
  /** The same a second from now, if the process lives that long: nobody waits for it. */
  keepSoon(): void
}

/** Runs a CommonJS program of ASCII characters, without import(), and gives what it exports. Throws where it cannot be read, and what it throws itself. */
export function loadProgram<T>(url: URL): LoadedProgram<T> {
  const path = fileURLToPath(url)
  const text = readFileSync(path)
  const place = new Place(path, createHash('sha256').update(text))
  const cachedData = place.read()
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text.toString('latin1')}\n})`, {
    filename: path,
    ...(cachedData ? { cachedData } : {}),
  })
  const wasKept = cachedData !== null && script.cachedDataRejected === false
  const module = { exports: {} as T }
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path))
  const keep = async () => wasKept || place.write(() => script.createCachedData())
  const told = (why: Error) => process.emitWarning(`what was compiled is not kept for the next start: ${why.message}`)
  return {
    exports: module.exports,
    wasKept,
    keep,
    keepSoon: () => void setTimeout(() => void keep().catch(told), SOON_MS).unref(),
  }
}

/**
 * Where the compiled form of one text lies. V8 looks at its own version and flags and at the length of the text, and trusts the rest: damaged bytes end
 * the process, and those of another would run. So a digest over text and code ends the file, and the folder must be the program's owner's alone.
 */
class Place {
  readonly #program: string
  readonly #folder: string
  readonly #file: string
  readonly #text: Hash

  constructor(program: string, text: Hash) {
    this.#program = program
    this.#folder = join(dirname(program), FOLDER)
    this.#file = join(
      this.#folder,
      `${basename(program, '.cjs')}-${process.version}-${process.arch}-${cachedDataVersionTag().toString(16)}`,
    )
    this.#text = text
  }

  /** Null where there is none for this text that may be trusted. */
  read(): Buffer | null {
    try {
      if (!this.#isOwners(statSync(this.#folder))) return null
      const bytes = readFileSync(this.#file)
      const code = bytes.subarray(0, -DIGEST_BYTES)
      return this.#digest(code).equals(bytes.subarray(-DIGEST_BYTES)) ? code : null
    } catch (thrown) {
      return unlessOfSystem(thrown, null)
    }
  }

  async write(compile: () => Buffer): Promise<boolean> {
    const unfinished = `${this.#file}.${process.pid}`
    try {
      // Root would leave a folder in which the owner can change nothing.
      if (process.getuid?.() !== statSync(this.#program).uid) return false
      await mkdir(this.#folder, { recursive: true, mode: 0o755 })
      if (!this.#isOwners(statSync(this.#folder))) return false
      const others = await readdir(this.#folder)
      if (others.length >= MOST_FILES) await Promise.all(others.map((name) => rm(join(this.#folder, name), { force: true })))
      const code = compile()
      await writeFile(unfinished, Buffer.concat([code, this.#digest(code)]), { flag: 'wx', mode: 0o644 })
      await rename(unfinished, this.#file)
      return true
    } catch (thrown) {
      await rm(unfinished, { force: true }).catch((again) => unlessOfSystem(again, undefined))
      return unlessOfSystem(thrown, false)
    }
  }

  #isOwners(folder: Stats): boolean {
    return folder.uid === statSync(this.#program).uid && (folder.mode & OTHERS_MAY_WRITE) === 0
  }

  #digest(code: Uint8Array): Buffer {
    return this.#text.copy().update(code).digest()
  }
}

/** Whatever the system refuses, the program runs without; what is wrong in here is not hidden. */
function unlessOfSystem<T>(thrown: unknown, value: T): T {
  if ((thrown as NodeJS.ErrnoException).syscall === undefined) throw thrown
  return value
}
