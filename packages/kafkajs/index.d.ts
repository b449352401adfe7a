export * from 'odradek/kafkajs'
