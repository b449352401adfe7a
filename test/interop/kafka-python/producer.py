import sys

from kafka import KafkaProducer

producer = KafkaProducer(bootstrap_servers=[sys.argv[1]])

for i in range(10):
    producer.send('python-topic', value=f'Message {i}'.encode('utf-8'))

producer.flush()
producer.close()
