# Idempotent producers that never give up, a consumer group, and a reader that compares. usage: load.py BOOTSTRAP '{"rate": 3000, ...}'
# rate: records a second; partitions, replicas: of each topic; members: of the group, which may be 0; client: more settings of every client;
# made: the topics are there already.
# Lines on standard input:
#   topic NAME            begins to write to another topic, which is made here, and to read it with a group of its own
#   watch ID MS P,P,...   says when each of these partitions has acknowledged a record that was sent after MS (since 1970)
#   mark                  forgets the pauses so far; "pauses ID P,P,..." says the longest time without an acknowledgement since then, and ends the marking
#   check                 flushes, reads all of it back and compares; "end" ends.
# CRASH_DEBUG=eos,broker,protocol makes the client tell what it does, on standard error.
# Lines on standard output: "acknowledged N" again and again, "ready NAME", "watched ID {json}", "pauses ID {json}", "checked {json}".
import json
import os
import queue
import random
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, settings = sys.argv[1], json.loads(sys.argv[2])
rate, PARTITIONS, REPLICAS = settings['rate'], settings['partitions'], settings['replicas']
COMMIT_EVERY = 0.2
# What a Java consumer would not show its program: this client leaves the trying again to the program.
TO_BE_TRIED_AGAIN = ['COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR', 'REBALANCE_IN_PROGRESS']
orders = queue.Queue()
fatal = []
output = threading.Lock()


def listen():
    for line in sys.stdin:
        orders.put(line.split())
    orders.put(['end'])


def say(*words):
    with output:
        print(*words, flush=True)


def client(**more):
    debug = {'debug': os.environ['CRASH_DEBUG']} if 'CRASH_DEBUG' in os.environ else {}
    return {**debug, 'bootstrap.servers': bootstrap, 'reconnect.backoff.ms': 20, 'reconnect.backoff.max.ms': 200, 'retry.backoff.ms': 20,
            'retry.backoff.max.ms': 200, 'socket.timeout.ms': 10000, **settings.get('client', {}), **more}


def new_producer(codec):
    return Producer(client(**{'enable.idempotence': True, 'acks': 'all', 'linger.ms': 2, 'batch.num.messages': 40, 'compression.type': codec,
                              'message.timeout.ms': 300000, 'error_cb': lambda error: fatal.append(str(error)) if error.fatal() else None}))


class Member(threading.Thread):
    """One of a group that reads a topic while it is written, and commits."""

    def __init__(self, group):
        super().__init__(daemon=True)
        self.group, self.over, self.fresh = group, False, None
        self.consumer = Consumer(client(**{'group.id': f'group-{group.topic}', 'enable.auto.commit': False, 'auto.offset.reset': 'earliest',
                                           'session.timeout.ms': 10000, 'heartbeat.interval.ms': 1000, 'fetch.wait.max.ms': 100, 'check.crcs': True}))
        self.consumer.subscribe([group.topic], on_assign=self.assigned)

    def assigned(self, _, partitions):
        self.fresh = ([each.partition for each in partitions], self.group.snapshot())

    def look_back(self, partitions, told):
        """What was committed of new partitions when they came is not behind what the group was told by then."""
        try:
            found = self.consumer.committed([TopicPartition(self.group.topic, p) for p in partitions], timeout=10)
        except KafkaException:
            return  # nobody answered in time
        for each in found:
            if not each.error and each.offset < told.get(each.partition, -1001):
                self.group.wrong(f'the group is told offset {each.offset} of partition {each.partition}, and {told[each.partition]} was committed')

    def run(self):
        try:
            self.work()
        except BaseException as why:
            self.group.wrong(f'a member of the group ended: {why!r}')
            raise

    def work(self):
        committed, new, owned = time.time(), {}, set()
        while not self.over:
            messages = self.consumer.consume(500, 0.1)
            if self.fresh:
                # What was read of partitions that others have now is not for this member to commit.
                (partitions, told), self.fresh = self.fresh, None
                new, owned = {}, set(partitions)
                self.look_back(partitions, told)
            for message in messages:
                if message.error():
                    self.group.visible.append(f'a consumer: {message.error().name()}')
                    continue
                self.group.read(message)
                if message.partition() in owned:
                    new[message.partition()] = message.offset() + 1
            if new and time.time() - committed > COMMIT_EVERY:
                committed = time.time()
                if self.commit(new):
                    new = {}
        self.consumer.close()

    def commit(self, offsets):
        try:
            done = self.consumer.commit(offsets=[TopicPartition(self.group.topic, p, offset) for p, offset in offsets.items()], asynchronous=False)
            self.group.commits(each for each in done if not each.error)
            return True
        except KafkaException as refusal:
            # What was not committed is committed later, or read again by whoever gets the partition.
            self.group.refused += 1
            if refusal.args[0].name() not in TO_BE_TRIED_AGAIN:
                self.group.visible.append(f'a commit: {refusal.args[0].name()}')
            return False


class Group:
    """What a group was given of a topic, by all of its members together."""

    def __init__(self, topic, members):
        self.topic, self.lock, self.refused, self.again, self.visible = topic, threading.Lock(), 0, 0, []
        self.values, self.committed, self.complaints = [[] for _ in range(PARTITIONS)], {}, []
        self.members = [Member(self) for _ in range(members)]
        for member in self.members:
            member.start()

    def wrong(self, what):
        self.complaints.append(what)

    def snapshot(self):
        with self.lock:
            return dict(self.committed)

    def read(self, message):
        p, offset = message.partition(), message.offset()
        with self.lock:
            values = self.values[p]
            if offset == len(values):
                values.append(message.value())
            elif offset > len(values):
                self.wrong(f'the group is given offset {offset} of partition {p} where {len(values)} was next')
                values.extend([None] * (offset - len(values)) + [message.value()])
            else:
                self.again += 1
                if values[offset] != message.value():
                    self.wrong(f'the group is given another record at offset {offset} of partition {p} than before')

    def commits(self, offsets):
        with self.lock:
            for each in offsets:
                self.committed[each.partition] = max(each.offset, self.committed.get(each.partition, -1))

    def check(self, where, ends):
        """Waits until all is read, compares, and gives how much that was."""
        if not self.members:
            return 0
        deadline = time.time() + 90
        while time.time() < deadline and any(len(self.values[p]) < ends[p] for p in range(PARTITIONS)):
            time.sleep(0.02)
        with self.lock:
            for p, values in enumerate(self.values):
                if len(values) < ends[p]:
                    self.wrong(f'the group came to offset {len(values)} of partition {p}, which ends at {ends[p]}')
                elif any(where.get((p, offset)) != value for offset, value in enumerate(values)):
                    self.wrong(f'the group was given something else in partition {p} than lies there')
        return sum(len(values) for values in self.values)

    def end(self):
        for member in self.members:
            member.over = True
        for member in self.members:
            member.join(30)


class Pauses:
    """When each partition acknowledged last, and what somebody waits for."""

    def __init__(self):
        self.watched, self.last, self.longest = [], None, {}

    def watch(self, name, since, partitions):
        self.watched.append((name, since, set(partitions), {}))

    def mark(self):
        self.last, self.longest = {p: time.time() for p in range(PARTITIONS)}, {}

    def acknowledged(self, partition, value):
        """A partition acknowledged a record: its value tells when it was sent."""
        if self.last is None and not self.watched:
            return
        now = time.time()
        if self.last is not None:
            self.longest[partition] = max(self.longest.get(partition, 0), now - self.last[partition])
            self.last[partition] = now
        for each in self.watched:
            name, since, left, found = each
            if partition in left and int(value.split(b':', 3)[2]) > since:
                left.remove(partition)
                found[partition] = round(now * 1000 - since, 1)
                if not left:
                    self.watched.remove(each)
                    say('watched', name, json.dumps(found))
                    return

    def tell(self, name, partitions):
        now = time.time()
        say('pauses', name, json.dumps({p: round(1000 * max(self.longest.get(p, 0), now - self.last[p]), 1) for p in partitions}))
        self.last = None


class Round:
    """What was written to one topic, and what was answered."""

    def __init__(self, topic):
        self.topic, self.number, self.acknowledged, self.errors, self.pauses = topic, 0, [], [], Pauses()
        self.waiting, self.deal = [0] * PARTITIONS, []
        if not settings.get('made'):
            admin = AdminClient(client())  # one that nobody holds ends its question
            admin.create_topics([NewTopic(topic, PARTITIONS, REPLICAS)])[topic].result(60)
        self.group = Group(topic, settings['members'])

    def delivered(self, error, message):
        self.waiting[message.partition()] -= 1
        if error:
            self.errors.append(str(error))
        else:
            self.acknowledged.append((message.partition(), message.offset(), message.value()))
            self.pauses.acknowledged(message.partition(), message.value())

    def write(self, producers):
        """One more record, to a partition in which not too many wait: one without a leader does not hold up the others."""
        which = self.number % len(producers)
        if not self.deal:
            # Each partition once before any comes again, in an order left to chance: none is without a record for long by chance alone.
            self.deal = random.sample(range(PARTITIONS), PARTITIONS)
        partition = self.deal.pop()
        if self.waiting[partition] > rate / PARTITIONS:
            return
        value = f'{which}:{self.number}:{int(time.time() * 1000)}:{"x" * random.randrange(400)}'.encode()
        producers[which].produce(self.topic, partition=partition, value=value, on_delivery=self.delivered)
        self.waiting[partition] += 1
        self.number += 1

    def read_all(self):
        consumer = Consumer(client(**{'group.id': 'crash-read', 'enable.auto.commit': False, 'enable.partition.eof': True, 'check.crcs': True,
                                      'fetch.wait.max.ms': 10}))
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
        # Where the answer was lost and a later one came, the client knows that the records are there, and not where: their offset is None.
        there = {(partition, value) for partition, _, value in found}
        lost = [each for each in self.acknowledged if (each[0], each[2]) not in there or (each[1] is not None and where.get(each[:2]) != each[2])]
        if lost:
            wrong.append(f'{len(lost)} acknowledged records are lost, the first at partition and offset {lost[0][:2]}')
        if len(where) != len(found) or len({value for _, _, value in found}) != len(found):
            wrong.append('records are there twice')
        last, ends, behind = {}, [0] * PARTITIONS, []
        for partition, offset, value in found:
            ends[partition] = max(ends[partition], offset + 1)
            producer, number = value.split(b':')[:2]
            if int(number) <= last.get((partition, producer), -1):
                behind.append(f'partition {partition} has record {int(number)} of producer {producer.decode()} out of order')
            last[(partition, producer)] = int(number)
        wrong += behind[:1]
        grouped = self.group.check(where, ends)
        wrong += self.group.complaints[:3]
        self.group.complaints.clear()
        visible = sorted(set(self.group.visible))
        self.group.visible.clear()
        return {'acknowledged': len(self.acknowledged), 'read': len(found), 'grouped': grouped, 'again': self.group.again,
                'refused': self.group.refused, 'visible': visible, 'ends': ends, 'wrong': wrong}


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
            if current:
                current.group.end()
            current, began, written = Round(order[1]), time.time(), 0
            say('ready', order[1])
        if order and order[0] == 'watch':
            current.pauses.watch(order[1], int(order[2]), [int(p) for p in order[3].split(',')])
        if order and order[0] == 'mark':
            current.pauses.mark()
        if order and order[0] == 'pauses':
            current.pauses.tell(order[1], [int(p) for p in order[2].split(',')])
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
