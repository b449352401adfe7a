import sys

from kafka import KafkaConsumer

consumer = KafkaConsumer('python-topic', bootstrap_servers=[sys.argv[1]])

for message in consumer:
    print(message.value.decode('utf-8'))
