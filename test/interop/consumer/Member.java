import java.time.Duration;
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/**
 * A member of a group with Kafka's own consumer, told by its arguments what to be: bootstrap, topic, and properties as key=value. It says what it has and reads,
 * a line each, until its input ends. With `transactions` for the topic's own name, `transactions bootstrap topic`, it writes some, every other of them aborted.
 */
public class Member {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("transactions")) transactions(args[1], args[2]);
        else member(args);
        System.exit(0);
    }

    static synchronized void say(String what, Object rest) {
        System.out.println(what + " " + rest);
    }

    static String names(Collection<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::toString).sorted().collect(Collectors.joining(","));
    }

    static void member(String[] args) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("auto.offset.reset", "earliest");
        properties.put("key.deserializer", StringDeserializer.class.getName());
        properties.put("value.deserializer", StringDeserializer.class.getName());
        for (int i = 2; i < args.length; i++) properties.put(args[i].substring(0, args[i].indexOf('=')), args[i].substring(args[i].indexOf('=') + 1));
        var isOver = new java.util.concurrent.atomic.AtomicBoolean();
        new Thread(() -> {
            try {
                while (System.in.read() >= 0) { }
            } catch (java.io.IOException gone) { }
            isOver.set(true);
        }).start();
        try (var consumer = new KafkaConsumer<String, String>(properties)) {
            consumer.subscribe(List.of(args[1]), new ConsumerRebalanceListener() {
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    Set<TopicPartition> all = new HashSet<>(consumer.assignment());
                    all.addAll(partitions);
                    say("HAS", names(all));
                }
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) { say("REVOKED", names(partitions)); }
            });
            while (!isOver.get()) {
                for (var record : consumer.poll(Duration.ofMillis(100))) say("RECORD", record.partition() + " " + record.offset() + " " + record.value());
            }
            // After the loop: what was polled is committed by close.
        }
        say("CLOSED", "");
    }

    static void transactions(String bootstrap, String topic) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("transactional.id", "judge");
        try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            for (int i = 0; i < 20; i++) {
                producer.beginTransaction();
                for (int j = 0; j < 3; j++) producer.send(new ProducerRecord<>(topic, 0, null, (i % 2 == 0 ? "committed " : "aborted ") + i + "." + j));
                producer.flush();
                if (i % 2 == 0) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
        say("WRITTEN", "");
    }
}
