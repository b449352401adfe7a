/** The judges, in the order in which they sit: quick ones first. */
import { judge as apacheTools } from './apache-tools/judge.mjs'
import { judge as badInput } from './bad-input/judge.mjs'
import { judge as confluentKafka } from './confluent-kafka/judge.mjs'
import { judge as crash } from './crash/judge.mjs'
import { judge as directories } from './directories/judge.mjs'
import { judge as kafkaPython } from './kafka-python/judge.mjs'
import { judge as kafkajs } from './kafkajs/judge.mjs'

export const judges = [kafkajs, kafkaPython, confluentKafka, apacheTools, crash, badInput, directories]
