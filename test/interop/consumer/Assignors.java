import com.fasterxml.jackson.databind.*;
import com.fasterxml.jackson.databind.node.*;
import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.AbstractPartitionAssignor;
import org.apache.kafka.common.*;

/** Asks Kafka's own assignors: a line of JSON with a group in, a line of JSON with who gets what out. */
public class Assignors {
    static final ObjectMapper json = new ObjectMapper();

    public static void main(String[] unused) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line; (line = lines.readLine()) != null; ) {
            ObjectNode answer = json.createObjectNode();
            try {
                assign(json.readTree(line)).forEach((member, partitions) -> {
                    ArrayNode list = answer.putArray(member);
                    for (TopicPartition each : partitions) list.addArray().add(each.topic()).add(each.partition());
                });
                answers.println(json.writeValueAsString(answer));
            } catch (RuntimeException thrown) {
                answers.println(json.writeValueAsString(json.createObjectNode().put("error", thrown.toString())));
            }
        }
    }

    static AbstractPartitionAssignor named(String name) {
        return switch (name) {
            case "range" -> new RangeAssignor();
            case "roundrobin" -> new RoundRobinAssignor();
            case "sticky" -> new StickyAssignor();
            default -> new CooperativeStickyAssignor();
        };
    }

    static Map<String, List<TopicPartition>> assign(JsonNode group) {
        Map<String, List<PartitionInfo>> topics = new HashMap<>();
        group.get("topics").fields().forEachRemaining(topic -> {
            List<PartitionInfo> partitions = new ArrayList<>();
            for (JsonNode racks : topic.getValue()) {
                List<Node> replicas = new ArrayList<>();
                for (JsonNode rack : racks) replicas.add(new Node(replicas.size(), "host", 9092, rack.asText()));
                Node[] nodes = replicas.toArray(new Node[0]);
                partitions.add(new PartitionInfo(topic.getKey(), partitions.size(), nodes.length == 0 ? null : nodes[0], nodes, nodes));
            }
            topics.put(topic.getKey(), partitions);
        });
        // As a consumer does that leads its group: in the order of the coordinator's answer, in such a map.
        Map<String, Subscription> members = new HashMap<>();
        for (JsonNode member : group.get("members")) members.put(member.get("memberId").asText(), subscription(member));
        return named(group.get("assignor").asText()).assignPartitions(topics, members);
    }

    static Subscription subscription(JsonNode member) {
        List<String> topics = new ArrayList<>();
        for (JsonNode topic : member.get("topics")) topics.add(topic.asText());
        List<TopicPartition> owned = new ArrayList<>();
        for (JsonNode each : member.get("ownedPartitions")) owned.add(new TopicPartition(each.get(0).asText(), each.get(1).asInt()));
        ByteBuffer userData = member.get("userData").isNull() ? null : ByteBuffer.wrap(Base64.getDecoder().decode(member.get("userData").asText()));
        Optional<String> rack = member.get("rackId").isNull() ? Optional.empty() : Optional.of(member.get("rackId").asText());
        var subscription = new Subscription(topics, userData, owned, member.get("generationId").asInt(), rack);
        if (!member.get("groupInstanceId").isNull()) subscription.setGroupInstanceId(Optional.of(member.get("groupInstanceId").asText()));
        return subscription;
    }
}
