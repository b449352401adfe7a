// A promise whose ends are held by different hands.

export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(why: unknown): void
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (why: unknown) => void
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  return { promise, resolve, reject }
}
