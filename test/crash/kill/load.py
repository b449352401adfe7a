# Idempotent producers that never give up, and a reader that compares. usage: load.py BOOTSTRAP RECORDS_PER_SECOND
# Lines on standard input: "topic NAME" begins to write to another topic (made here), "check" flushes and reads all of it back, "end" ends.
# CRASH_DEBUG=eos,broker,protocol makes the client tell what it does, on standard error.
# Lines on standard output: "acknowledged N" again and again, "ready NAME", and after a check "checked {json}".
import json
import os
import queue
import random
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, rate = sys.argv[1], int(sys.argv[2])
PARTITIONS = 4
orders = queue.Queue()
fatal = []


def listen():
    for line in sys.stdin:
        orders.put(line.split())
    orders.put(['end'])


def say(*words):
    print(*words, flush=True)


def new_producer(codec):
    debug = {'debug': os.environ['CRASH_DEBUG']} if 'CRASH_DEBUG' in os.environ else {}
    return Producer({**debug, 'bootstrap.servers': bootstrap, 'enable.idempotence': True, 'acks': 'all', 'linger.ms': 2, 'batch.num.messages': 40,
                     'compression.type': codec, 'message.timeout.ms': 300000, 'reconnect.backoff.ms': 20, 'reconnect.backoff.max.ms': 200,
                     'retry.backoff.ms': 20, 'retry.backoff.max.ms': 200, 'socket.timeout.ms': 10000,
                     'error_cb': lambda error: fatal.append(str(error)) if error.fatal() else None})


class Round:
    """What was written to one topic, and what was answered."""

    def __init__(self, topic):
        self.topic, self.number, self.acknowledged, self.errors = topic, 0, [], []
        admin = AdminClient({'bootstrap.servers': bootstrap})
        admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(60)

    def delivered(self, error, message):
        if error:
            self.errors.append(str(error))
        else:
            self.acknowledged.append((message.partition(), message.offset(), message.value()))

    def write(self, producers):
        which = self.number % len(producers)
        value = f'{which}:{self.number}:{"x" * random.randrange(400)}'.encode()
        producers[which].produce(self.topic, partition=random.randrange(PARTITIONS), value=value, on_delivery=self.delivered)
        self.number += 1

    def read_all(self):
        consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': 'crash-read', 'enable.auto.commit': False,
                             'enable.partition.eof': True, 'check.crcs': True, 'fetch.wait.max.ms': 10})
        consumer.assign([TopicPartition(self.topic, p, 0) for p in range(PARTITIONS)])
        found, at_end, deadline = [], set(), time.time() + 90
        while len(at_end) < PARTITIONS and time.time() < deadline:
            for message in consumer.consume(2000, 1.0):
                if not message.error():
                    found.append((message.partition(), message.offset(), message.value()))
                elif message.error().name() == '_PARTITION_EOF':
                    at_end.add(message.partition())
        consumer.close()
        return found, PARTITIONS - len(at_end)

    def check(self, producers):
        left = sum(producer.flush(120) for producer in producers)
        found, unread = self.read_all()
        where = {(partition, offset): value for partition, offset, value in found}
        wrong = [f'{left} records were never answered'] if left else []
        wrong += [f'a delivery failed: {error}' for error in (self.errors + fatal)[:3]]
        if unread:
            wrong.append(f'{unread} partitions could not be read to their end')
        lost = [each for each in self.acknowledged if where.get(each[:2]) != each[2]]
        if lost:
            wrong.append(f'{len(lost)} acknowledged records are lost, the first at partition and offset {lost[0][:2]}')
        if len(where) != len(found) or len({value for _, _, value in found}) != len(found):
            wrong.append('records are there twice')
        last = {}
        for partition, _, value in found:
            producer, number = value.split(b':')[:2]
            if int(number) <= last.get((partition, producer), -1):
                wrong.append(f'partition {partition} has record {int(number)} of producer {producer.decode()} out of order')
                break
            last[(partition, producer)] = int(number)
        return {'acknowledged': len(self.acknowledged), 'read': len(found), 'wrong': wrong}


def main():
    threading.Thread(target=listen, daemon=True).start()
    producers = [new_producer('none'), new_producer('lz4')]
    current, total, told, began, written = None, 0, 0.0, time.time(), 0
    while True:
        try:
            order = orders.get_nowait() if current else orders.get()
        except queue.Empty:
            order = None
        if order and order[0] == 'end':
            return
        if order and order[0] == 'topic':
            current, began, written = Round(order[1]), time.time(), 0
            say('ready', order[1])
        if order and order[0] == 'check':
            say('checked', json.dumps(current.check(producers)))
            began, written = time.time(), 0
        # Not more than a second's worth waits: what is owed from the time without a broker is not made up for at once.
        waiting = sum(len(producer) for producer in producers)
        while written < (time.time() - began) * rate and waiting < rate:
            current.write(producers)
            written += 1
            waiting += 1
        written = max(written, (time.time() - began) * rate - rate / 10)
        for producer in producers:
            producer.poll(0.002)
        if time.time() - told > 0.05:
            told = time.time()
            say('acknowledged', len(current.acknowledged))


main()
