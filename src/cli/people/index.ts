// The commands for people, in the order in which the help has them.

import type { Command } from 'commander'
import { addCompletion } from './completion.ts'
import { addConsume } from './consume.ts'
import { addGroups } from './groups.ts'
import { addProduce } from './produce.ts'
import type { People } from './surroundings.ts'
import { addTopics } from './topics.ts'

export function addPeople(odradek: Command, people: People): void {
  addTopics(odradek, people)
  addProduce(odradek, people)
  addConsume(odradek, people)
  addGroups(odradek, people)
  addCompletion(odradek, people)
}
