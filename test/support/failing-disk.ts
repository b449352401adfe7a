// A disk that fails or stalls when the test says so.

import { type Disk, DiskError, type File } from '../../src/platform/disk.ts'

/** What a test can interfere with. */
export type Operation = 'append' | 'write' | 'read' | 'flush' | 'rename' | 'mkdir' | 'replace'

export class FailingDisk implements Disk {
  readonly #disk: Disk
  #fails: (operation: Operation, path: string) => boolean = () => false
  /** Waited for before an operation is carried out. */
  #delay: (operation: Operation, path: string) => Promise<void> | null = () => null

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** From now on these operations fail with EIO. */
  failWhere(fails: (operation: Operation, path: string) => boolean): void {
    this.#fails = fails
  }

  /** From now on these operations wait first for what is given. */
  delayWhere(delay: (operation: Operation, path: string) => Promise<void> | null): void {
    this.#delay = delay
  }

  async #pass(operation: Operation, path: string): Promise<void> {
    await this.#delay(operation, path)
    if (this.#fails(operation, path)) throw new DiskError(path, 'EIO', `i/o error, ${operation} '${path}'`)
  }

  async open(path: string, create?: 'never' | 'ifMissing' | 'exclusive'): Promise<File> {
    const file = await this.#disk.open(path, create)
    const pass = (operation: Operation) => this.#pass(operation, path)
    return {
      path: file.path,
      get size() {
        return file.size
      },
      append: async (chunks) => {
        await pass('append')
        await file.append(chunks)
      },
      write: async (at, bytes) => {
        await pass('write')
        await file.write(at, bytes)
      },
      read: async (at, length) => {
        await pass('read')
        return file.read(at, length)
      },
      truncate: (size) => file.truncate(size),
      flush: async () => {
        await pass('flush')
        await file.flush()
      },
      close: () => file.close(),
    }
  }

  async mkdir(path: string): Promise<void> {
    await this.#pass('mkdir', path)
    await this.#disk.mkdir(path)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#pass('rename', from)
    await this.#disk.rename(from, to)
  }

  async flushDirectory(dir: string): Promise<void> {
    await this.#pass('flush', dir)
    await this.#disk.flushDirectory(dir)
  }

  async replaceAtomic(path: string, bytes: Uint8Array): Promise<void> {
    await this.#pass('replace', path)
    await this.#disk.replaceAtomic(path, bytes)
  }

  list = (dir: string) => this.#disk.list(dir)
  exists = (path: string) => this.#disk.exists(path)
  remove = (path: string) => this.#disk.remove(path)
  removeTree = (dir: string) => this.#disk.removeTree(dir)
  readAtomic = (path: string) => this.#disk.readAtomic(path)
  lock = (path: string) => this.#disk.lock(path)
  space = (dir: string) => this.#disk.space(dir)
}
