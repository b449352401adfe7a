import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.*;

/**
 * A member of a share group with Kafka's own consumer: bootstrap, topic, and properties as key=value; `say` is what it says of records (accept, release or
 * reject), and without it it accepts them implicitly. It tells what it reads, a line each, until its input ends.
 */
public class ShareMember {
    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("key.deserializer", StringDeserializer.class.getName());
        properties.put("value.deserializer", StringDeserializer.class.getName());
        for (int i = 2; i < args.length; i++) properties.put(args[i].substring(0, args[i].indexOf('=')), args[i].substring(args[i].indexOf('=') + 1));
        String said = (String) properties.remove("say");
        if (said != null) properties.put("share.acknowledgement.mode", "explicit");
        var isOver = new java.util.concurrent.atomic.AtomicBoolean();
        new Thread(() -> {
            try {
                while (System.in.read() >= 0) { }
            } catch (java.io.IOException gone) { }
            isOver.set(true);
        }).start();
        try (var consumer = new KafkaShareConsumer<String, String>(properties)) {
            consumer.subscribe(List.of(args[1]));
            while (!isOver.get()) {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    System.out.println("RECORD " + record.partition() + " " + record.offset() + " " + record.deliveryCount().get() + " " + record.value());
                    if (said != null) consumer.acknowledge(record, AcknowledgeType.valueOf(said.toUpperCase()));
                }
                consumer.commitSync();
            }
        }
        System.out.println("CLOSED");
        System.exit(0);
    }
}
