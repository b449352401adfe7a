/** The judges, in the order in which they sit. */
import { judge as apacheTools } from './apache-tools/judge.mjs'
import { judge as confluentKafka } from './confluent-kafka/judge.mjs'
import { judge as kafkaPython } from './kafka-python/judge.mjs'
import { judge as kafkajs } from './kafkajs/judge.mjs'

export const judges = [kafkajs, kafkaPython, confluentKafka, apacheTools]
