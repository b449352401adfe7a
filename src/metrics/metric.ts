// What a metric is: a row of the table out of which the text, its checks and the reference page come.

import type { Scene } from './scene.ts'

/** As Prometheus knows them; `untyped` where Kafka's usual name would belie its type. */
export type Kind = 'gauge' | 'counter' | 'summary' | 'histogram' | 'untyped'

export type Unit =
  | ''
  | 'bytes'
  | 'ms'
  | 'seconds'
  | 'ratio'
  | 'offset'
  | 'records'
  | 'requests'
  | 'partitions'
  | 'epoch'
  | 'node id'

/** Where else the name is used. */
export type Known =
  /** An MBean of Kafka's; the name is what the JMX exporter's usual rules make of it. */
  | { readonly by: 'jmx'; readonly domain: string; readonly type: string; readonly name: string }
  | { readonly by: 'kafka_exporter' }
  /** Odradek's own; `like` says whose name it has all the same. */
  | { readonly by: 'odradek'; readonly like?: string }

/** What a summary or a histogram tells: parts by the value of their label, in rising order, how many values there were and their sum. */
export interface Spread {
  readonly parts: readonly (readonly [label: string, value: number])[]
  readonly count: number
  readonly sum: number
}

/** What a metric is told of: once for the node, or for every partition, topic, group, ... */
export interface Subject<S> {
  /** "partitions": in the reference, and where some were left out. */
  readonly name: string
  readonly labels: readonly string[]
  /** All there are now. It may be asked in pieces, with turns of the event loop in between, and left early. */
  list(scene: Scene): Iterable<S>
  /** In the order of `labels`; null leaves a label out. */
  valuesOf(subject: S, scene: Scene): readonly (string | number | null)[]
}

export interface Metric<S> {
  readonly kind: Kind
  readonly unit: Unit
  readonly help: string
  /** Where the value comes from, for the reference. */
  readonly from: string
  readonly known: Known
  /** Null where there is nothing to tell of this one. */
  readonly value: (subject: S, scene: Scene) => number | Spread | null
}

export interface Family<S = unknown> extends Metric<S> {
  readonly name: string
  readonly subject: Subject<S>
}

interface Row {
  /** `domain:Type,Name` of Kafka's MBean, `kafka_exporter`, or nothing where it is ours. */
  readonly known?: string
  readonly like?: string
  readonly unit?: Unit
  readonly help: string
  readonly from: string
}

export const gauge = <S>(row: Row, value: Metric<S>['value']): Metric<S> => metric('gauge', row, value)
export const counter = <S>(row: Row, value: Metric<S>['value']): Metric<S> => metric('counter', row, value)
export const untyped = <S>(row: Row, value: Metric<S>['value']): Metric<S> => metric('untyped', row, value)
export const summary = <S>(row: Row, value: Metric<S>['value']): Metric<S> => metric('summary', row, value)
export const histogram = <S>(row: Row, value: Metric<S>['value']): Metric<S> => metric('histogram', row, value)

function metric<S>(kind: Kind, { known, like, unit = '', help, from }: Row, value: Metric<S>['value']): Metric<S> {
  return { kind, unit, help, from, known: knownBy(known, like), value }
}

function knownBy(known: string | undefined, like: string | undefined): Known {
  if (known === undefined) return like === undefined ? { by: 'odradek' } : { by: 'odradek', like }
  if (known === 'kafka_exporter') return { by: 'kafka_exporter' }
  const [, domain = '', type = '', name = ''] = /^([^:]+):([^,]+),(.+)$/.exec(known) ?? []
  return { by: 'jmx', domain, type, name }
}

/** Part of the table: metrics of one subject, by their names. */
export type Metrics<S> = Readonly<Record<string, Metric<S>>>

export interface Chapter {
  readonly title: string
  readonly families: readonly Family[]
}

/** A chapter of the reference; `about` binds metrics to what they are told of. */
export function chapter(title: string, ...families: readonly (readonly Family[])[]): Chapter {
  return { title, families: families.flat() }
}

export function about<S>(subject: Subject<S>, metrics: Metrics<S>): Family[] {
  // The text walks over all families without knowing what they are told of; here is where both are known to fit.
  return Object.entries(metrics).map(([name, one]) => ({ name, ...one, subject }) as unknown as Family)
}
