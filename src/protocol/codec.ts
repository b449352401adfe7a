// From a message and a version to the two functions that read and write it.

import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { compileRead, compileReadSteps, compileWrite, compileWriteSteps } from './compile.ts'
import { interpret } from './interpret.ts'
import { planOf } from './plan.ts'
import type { AnyMessage, Input, Message } from './schema.ts'

export interface Codec<T> {
  /** Throws MalformedBytes. Bytes after the value are left alone, as Kafka does. Byte fields are views of what was read. */
  read(from: ByteReader): T
  /**
   * Fields that are left out have their initial value. A value that this version cannot carry is a KafkaError (UNSUPPORTED_VERSION), unless the
   * schema says that it may be lost.
   */
  write(to: ByteWriter, value: Input<T>): void
  /** As `read` and `write`, with a pause every few hundred items: others may read and write meanwhile. In one step where making code is forbidden. */
  readSteps(from: ByteReader): Generator<void, T>
  writeSteps(to: ByteWriter, value: Input<T>): Generator<void, void>
}

const made = new WeakMap<AnyMessage, Map<number, Codec<unknown>>>()

/** The codec of one version of a message, compiled on first use and kept. A version that the message does not have is a RangeError. */
export function codec<T>(message: Message<T>, version: number): Codec<T> {
  let versions = made.get(message)
  if (!versions) made.set(message, (versions = new Map()))
  let found = versions.get(version)
  if (!found) versions.set(version, (found = lazy(message, version)))
  return found as Codec<T>
}

/** Each direction is compiled when it is first needed: a broker never reads its responses. */
function lazy(message: AnyMessage, version: number): Codec<unknown> {
  const plan = planOf(message, version)
  const self: Codec<unknown> = {
    read(from) {
      self.read = allowed(() => compileRead(plan)) ?? interpret(plan).read
      return self.read(from)
    },
    write(to, value) {
      self.write = allowed(() => compileWrite(plan)) ?? interpret(plan).write
      self.write(to, value)
    },
    readSteps(from) {
      self.readSteps = allowed(() => compileReadSteps(plan)) ?? interpret(plan).readSteps
      return self.readSteps(from)
    },
    writeSteps(to, value) {
      self.writeSteps = allowed(() => compileWriteSteps(plan)) ?? interpret(plan).writeSteps
      return self.writeSteps(to, value)
    },
  }
  return self
}

/** Null where the process forbids code made from text. */
function allowed<F>(compile: () => F): F | null {
  try {
    return compile()
  } catch (thrown) {
    if (thrown instanceof EvalError) return null
    throw thrown
  }
}
