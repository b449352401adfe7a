// A disk whose flushes wait until the test lets them go.

import type { Disk, File } from '../../src/platform/disk.ts'

export class SlowFlushDisk implements Disk {
  readonly #disk: Disk
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => {}

  constructor(disk: Disk) {
    this.#disk = disk
  }

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  letGo(): void {
    this.#open()
  }

  async open(path: string, create?: 'never' | 'ifMissing' | 'exclusive'): Promise<File> {
    const file = await this.#disk.open(path, create)
    const flush = file.flush.bind(file)
    file.flush = async () => {
      await this.#gate
      await flush()
    }
    return file
  }

  mkdir = (path: string) => this.#disk.mkdir(path)
  list = (dir: string) => this.#disk.list(dir)
  exists = (path: string) => this.#disk.exists(path)
  rename = (from: string, to: string) => this.#disk.rename(from, to)
  remove = (path: string) => this.#disk.remove(path)
  removeTree = (dir: string) => this.#disk.removeTree(dir)
  flushDirectory = (dir: string) => this.#disk.flushDirectory(dir)
  readAtomic = (path: string) => this.#disk.readAtomic(path)
  replaceAtomic = (path: string, bytes: Uint8Array) => this.#disk.replaceAtomic(path, bytes)
  lock = (path: string) => this.#disk.lock(path)
  space = (dir: string) => this.#disk.space(dir)
}
