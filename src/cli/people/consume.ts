// `odradek consume` and `odradek tail`: records of topics, from where one wants, and only those that one wants.

import type { Command } from 'commander'
import { Consumer, type ConsumerConfig } from '../../client/consumer/index.ts'
import { AbortedError } from '../../client/errors/index.ts'
import { consumerOptionsOf } from '../kafka/consumer.ts'
import { examples, UsageError } from '../usage.ts'
import { entranceOf, withAdmin } from './entrance.ts'
import { filtersOf } from './filter.ts'
import { placeOf } from './place.ts'
import { Progress } from './progress.ts'
import { Reading } from './reading.ts'
import { recordJson } from './record-json.ts'
import { recordLine } from './record-line.ts'
import {
  type CommonFlags,
  countFrom,
  gathered,
  interruption,
  type People,
  requireTopics,
  withCommonFlags,
} from './surroundings.ts'

interface ConsumeFlags extends CommonFlags {
  readonly from?: string
  readonly to?: string
  readonly exit?: boolean
  readonly max?: number
  readonly partition?: number
  readonly filter?: readonly string[]
  readonly group?: string
  readonly committed?: boolean
}

const WHERE = 'beginning, end, 10m (ago), 2026-11-22T10:00, or an offset'

export function addConsume(odradek: Command, people: People): void {
  withCommonFlags(odradek.command('consume'), 'print JSON, one record a line')
    .summary('print records of topics as they come')
    .description('Print the records of topics, and go on with those that come, until Ctrl-C.')
    .argument('<topics...>', 'their names')
    .option('-f, --from <place>', `where to begin: ${WHERE}`)
    .option('-t, --to <place>', `where to end: ${WHERE}`)
    .option('-e, --exit', 'end where the topics end when it begins')
    .option('-n, --max <count>', 'end after so many records', countFrom(1, '--max'))
    .option('-p, --partition <number>', 'only this partition', countFrom(0, '--partition'))
    .option(
      '-F, --filter <what>',
      'only records with: key=ann, key!=ann, value~error, value.total>10, header.trace=ab; may be repeated',
      gathered,
    )
    .option('-g, --group <group>', 'as a member of this group: it goes on where the group was, and commits')
    .option('--committed', 'leave out what transactions have not committed')
    .addHelpText(
      'after',
      examples(
        'odradek consume orders',
        'odradek consume orders --from 10m',
        "odradek consume orders --from 2026-11-22 --exit --filter key=ann --filter 'value.total>=10'",
        'odradek consume orders --json --exit | jq .value',
        'odradek consume orders --group shop',
      ),
    )
    .action((topics: readonly string[], flags: ConsumeFlags) => consume(topics, flags, people))
  withCommonFlags(odradek.command('tail'), 'print JSON, one record a line')
    .summary('print the last records of topics, and those that come')
    .description('Print the last records of topics, and go on with those that come, until Ctrl-C.')
    .argument('<topics...>', 'their names')
    .option('-n, --lines <count>', 'how many of each partition to begin with', countFrom(0, '--lines'), 10)
    .option('-F, --filter <what>', 'only records with: key=ann, value~error, ...; may be repeated', gathered)
    .addHelpText(
      'after',
      examples('odradek tail orders', 'odradek tail orders -n 100', "odradek tail logs --filter 'value~ERROR'"),
    )
    .action((topics: readonly string[], flags: CommonFlags & { lines: number; filter?: readonly string[] }) =>
      consume(topics, flags, people, flags.lines),
    )
}

/** `last`: begin with so many of each partition. */
async function consume(
  topics: readonly string[],
  flags: ConsumeFlags,
  people: People,
  last: number | null = null,
): Promise<void> {
  const { terminal, desk } = people
  const wants = filtersOf(flags.filter ?? [])
  const now = terminal.clock.now()
  const from = flags.from === undefined ? null : placeOf('--from', flags.from, now, desk)
  const to = flags.to === undefined ? null : placeOf('--to', flags.to, now, desk)
  if (flags.exit && to) throw new UsageError('--exit is --to end: leave one of them out')
  if (flags.group !== undefined && (to || flags.exit || flags.partition !== undefined))
    throw new UsageError('--group shares partitions with others: --to, --exit and --partition do not go with it')
  if (flags.group !== undefined && from && from.kind !== 'beginning' && from.kind !== 'end')
    throw new UsageError(
      '--group goes on where the group was; --from may be beginning or end, for partitions where it has nothing committed',
    )
  await withAdmin(flags, people, (admin) => requireTopics(admin, topics))
  const { signal, over } = interruption(people)
  let progress: Progress | null = null
  try {
    const options = {
      clientId: 'odradek-consume',
      ...(await entranceOf(flags, people, consumerOptionsOf)),
      groupId: flags.group ?? null,
      autoOffsetReset: from?.kind === 'end' ? 'latest' : 'earliest',
      ...(flags.committed && { isolationLevel: 'read_committed' }),
    }
    await using consumer = new Consumer(options as unknown as ConsumerConfig<Uint8Array | null, Uint8Array | null>)
    const reading = new Reading(consumer, signal)
    if (flags.group !== undefined) consumer.subscribe(topics)
    else await reading.begin(topics, { partition: flags.partition ?? null, from: from ?? { kind: 'beginning' }, last })
    if (to || flags.exit) await reading.endAt(to ?? { kind: 'end' })
    // What is printed on the same screen shows by itself how far it is.
    if (!desk.isWatched) progress = new Progress(desk, terminal.clock, 'records read')
    const total = reading.total
    let [read, printed] = [0, 0]
    for await (const record of reading.records()) {
      progress?.at(++read, total && read / total)
      if (!wants(record)) continue
      terminal.print(flags.json ? recordJson(record) : recordLine(record, desk))
      await desk.room()
      if (++printed === flags.max) break
    }
    // What the loop had last would count as not done.
    if (flags.group !== undefined) await consumer.commit()
  } catch (thrown) {
    if (!(thrown instanceof AbortedError) || !signal.aborted) throw thrown
  } finally {
    progress?.end()
    over()
  }
}
