// What an answer may not do to a client.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShareFetchResponse } from '../../protocol/messages/share-fetch.ts'
import type { ClientError } from '../errors/index.ts'
import type { AcquiredRecords } from './acquired-records.ts'
import { type AnswersOptions, ShareAnswers } from './share-answers.ts'
import { SharePartitions } from './share-partition.ts'

test('an answer that gives more offsets than anybody could have is refused before they are counted one by one', () => {
  const partitions = new SharePartitions()
  partitions.get('id', 't', 0)
  const taken: AcquiredRecords[] = []
  const refused: ClientError[] = []
  const answers = new ShareAnswers({
    partitions,
    cluster: { platform: { clock: { monotonic: () => 0 } } },
    config: { checkCrcs: true },
    onRecords: (acquired: AcquiredRecords) => taken.push(acquired),
    onRefused: (_: unknown, error: ClientError) => refused.push(error),
  } as unknown as AnswersOptions)
  const answer = (lastOffset: number) =>
    ({
      acquisitionLockTimeoutMs: 30_000,
      responses: [
        {
          topicId: 'id',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              acknowledgeErrorCode: 0,
              acquiredRecords: [{ firstOffset: 0, lastOffset, deliveryCount: 1 }],
            },
          ],
        },
      ],
    }) as unknown as ShareFetchResponse
  const giver = { turn: 0, lockTimeoutMs: null, acknowledge: () => {} }

  answers.fetched(answer(9), [], giver)
  assert.equal(taken.length, 1)
  answers.fetched(answer(1e12), [], giver)
  assert.equal(taken.length, 1)
  assert.match(refused[0]!.message, /gives 1000000000001 offsets at once; 1000000 are allowed/)
  assert.equal(refused[0]!.code, 'MALFORMED_ANSWER')
})
