import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaFilter;

/**
 * What Java's admin client says, as one line of JSON. Arguments: properties as key=value, then --, the name of the call, and what it needs. Objects are told
 * by their own getters; what went wrong as { "error": NAME }.
 */
public class AdminSays {
    interface Call { Object run(Admin admin, String[] a) throws Exception; }

    static final Map<String, Call> calls = new HashMap<>();

    static {
        calls.put("describeAcls", (admin, a) -> admin.describeAcls(AclBindingFilter.ANY).values());
        calls.put("describeUserScramCredentials", (admin, a) -> admin.describeUserScramCredentials(a.length == 0 ? null : List.of(a)).all());
        calls.put("describeDelegationToken", (admin, a) -> admin.describeDelegationToken().delegationTokens());
        calls.put("describeProducers", (admin, a) -> admin.describeProducers(List.of(partition(a))).partitionResult(partition(a)));
        calls.put("describeTransactions", (admin, a) -> admin.describeTransactions(List.of(a)).description(a[0]));
        calls.put("listTransactions", (admin, a) -> admin.listTransactions().all());
        calls.put("describeConsumerGroups", (admin, a) -> admin.describeConsumerGroups(List.of(a)).describedGroups().get(a[0]));
        calls.put("describeClassicGroups", (admin, a) -> admin.describeClassicGroups(List.of(a)).describedGroups().get(a[0]));
        calls.put("describeShareGroups", (admin, a) -> admin.describeShareGroups(List.of(a)).describedGroups().get(a[0]));
        calls.put("describeStreamsGroups", (admin, a) -> admin.describeStreamsGroups(List.of(a)).describedGroups().get(a[0]));
        calls.put("listShareGroupOffsets", (admin, a) -> admin.listShareGroupOffsets(Map.of(a[0], new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(a[0]));
        calls.put("listConsumerGroupOffsets", (admin, a) -> admin.listConsumerGroupOffsets(a[0]).partitionsToOffsetAndMetadata());
        calls.put("listGroups", (admin, a) -> admin.listGroups().all());
        calls.put("listTopics", (admin, a) -> admin.listTopics(new ListTopicsOptions().listInternal(true)).namesToListings());
        calls.put("listConfigResources", (admin, a) -> admin.listConfigResources().all());
        calls.put("describeTopics", (admin, a) -> admin.describeTopics(List.of(a), new DescribeTopicsOptions().includeAuthorizedOperations(true)).allTopicNames());
        calls.put("describeTopicsById", (admin, a) -> admin.describeTopics(TopicCollection.ofTopicIds(List.of(Uuid.fromString(a[0])))).allTopicIds());
        calls.put("createTopics", (admin, a) -> admin.createTopics(List.of(new NewTopic(a[0], 1, (short) 1).configs(Map.of("retention.ms", "1234")))).config(a[0]));
        calls.put("describeConfigs", (admin, a) -> {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.valueOf(a[0]), a[1]);
            return admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true)).values().get(resource);
        });
        calls.put("listOffsets", (admin, a) -> {
            OffsetSpec spec = switch (a[2]) {
                case "latest" -> OffsetSpec.latest();
                case "earliest" -> OffsetSpec.earliest();
                case "maxTimestamp" -> OffsetSpec.maxTimestamp();
                case "earliestLocal" -> OffsetSpec.earliestLocal();
                case "latestTiered" -> OffsetSpec.latestTiered();
                case "earliestPendingUpload" -> OffsetSpec.earliestPendingUpload();
                default -> OffsetSpec.forTimestamp(Long.parseLong(a[2]));
            };
            return admin.listOffsets(Map.of(partition(a), spec)).partitionResult(partition(a));
        });
        calls.put("describeLogDirs", (admin, a) -> admin.describeLogDirs(List.of(Integer.parseInt(a[0]))).descriptions().get(Integer.parseInt(a[0])));
        calls.put("describeReplicaLogDirs", (admin, a) -> {
            TopicPartitionReplica replica = new TopicPartitionReplica(a[0], Integer.parseInt(a[1]), Integer.parseInt(a[2]));
            return admin.describeReplicaLogDirs(List.of(replica)).values().get(replica);
        });
        calls.put("describeCluster", (admin, a) -> {
            DescribeClusterResult result = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(a.length > 0));
            Map<String, Object> told = new TreeMap<>();
            told.put("clusterId", result.clusterId().get());
            told.put("controller", result.controller().get());
            told.put("nodes", result.nodes().get());
            told.put("authorizedOperations", result.authorizedOperations().get());
            return told;
        });
        calls.put("describeFeatures", (admin, a) -> admin.describeFeatures().featureMetadata());
        calls.put("describeMetadataQuorum", (admin, a) -> admin.describeMetadataQuorum().quorumInfo());
        calls.put("describeClientQuotas", (admin, a) -> admin.describeClientQuotas(ClientQuotaFilter.all()).entities());
        calls.put("listPartitionReassignments", (admin, a) -> admin.listPartitionReassignments().reassignments());
        // What is refused: the same names of errors.
        calls.put("addRaftVoter", (admin, a) -> admin.addRaftVoter(Integer.parseInt(a[0]), Uuid.fromString(a[1]), Set.of(new RaftVoterEndpoint("CONTROLLER", "127.0.0.1", 1))).all());
        calls.put("removeRaftVoter", (admin, a) -> admin.removeRaftVoter(Integer.parseInt(a[0]), Uuid.fromString(a[1])).all());
        calls.put("unregisterBroker", (admin, a) -> admin.unregisterBroker(Integer.parseInt(a[0])).all());
        calls.put("alterReplicaLogDirs", (admin, a) -> admin.alterReplicaLogDirs(Map.of(new TopicPartitionReplica(a[0], Integer.parseInt(a[1]), Integer.parseInt(a[2])), a[3])).all());
        calls.put("alterPartitionReassignments", (admin, a) -> admin.alterPartitionReassignments(Map.of(partition(a), Optional.of(new NewPartitionReassignment(List.of(Integer.parseInt(a[2])))))).all());
        calls.put("electLeaders", (admin, a) -> admin.electLeaders(ElectionType.PREFERRED, Set.of(partition(a))).partitions());
        calls.put("alterShareGroupOffsets", (admin, a) -> admin.alterShareGroupOffsets(a[0], Map.of(new TopicPartition(a[1], 0), 0L)).all());
        calls.put("deleteShareGroupOffsets", (admin, a) -> admin.deleteShareGroupOffsets(a[0], Set.of(a[1])).all());
        calls.put("deleteConsumerGroups", (admin, a) -> admin.deleteConsumerGroups(List.of(a)).all());
        calls.put("deleteConsumerGroupOffsets", (admin, a) -> admin.deleteConsumerGroupOffsets(a[0], Set.of(new TopicPartition(a[1], 0))).all());
        calls.put("removeMembersFromConsumerGroup", (admin, a) -> admin.removeMembersFromConsumerGroup(a[0], new RemoveMembersFromConsumerGroupOptions(Set.of(new MemberToRemove(a[1])))).all());
        calls.put("renewDelegationToken", (admin, a) -> admin.renewDelegationToken(a[0].getBytes(StandardCharsets.UTF_8)).expiryTimestamp());
        calls.put("createDelegationToken", (admin, a) -> admin.createDelegationToken().delegationToken());
        calls.put("alterUserScramCredentials", (admin, a) -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(a[0], new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, Integer.parseInt(a[1])), a[2]))).all());
        calls.put("abortTransaction", (admin, a) -> admin.abortTransaction(new AbortTransactionSpec(partition(a), Long.parseLong(a[2]), Short.parseShort(a[3]), Integer.parseInt(a[4]))).all());
    }

    public static void main(String[] args) {
        Properties properties = new Properties();
        int at = 0;
        for (; !args[at].equals("--"); at++) {
            int equals = args[at].indexOf('=');
            properties.put(args[at].substring(0, equals), args[at].substring(equals + 1));
        }
        String[] rest = Arrays.copyOfRange(args, at + 2, args.length);
        Object said;
        try (Admin admin = Admin.create(properties)) {
            said = calls.get(args[at + 1]).run(admin, rest);
            if (said instanceof KafkaFuture<?> future) said = future.get();
        } catch (Exception thrown) {
            Throwable cause = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
            Map<String, Object> told = new TreeMap<>();
            told.put("error", Errors.forException(cause).name());
            told.put("message", String.valueOf(cause.getMessage()));
            said = told;
        }
        StringBuilder json = new StringBuilder();
        tell(said, json);
        System.out.println(json);
    }

    static TopicPartition partition(String[] a) { return new TopicPartition(a[0], Integer.parseInt(a[1])); }

    static void tell(Object value, StringBuilder to) {
        if (value == null) to.append("null");
        else if (value instanceof KafkaFuture<?> future) tellFuture(future, to);
        else if (value instanceof Optional<?> some) tell(some.orElse(null), to);
        else if (value instanceof OptionalLong some) tell(some.isPresent() ? some.getAsLong() : null, to);
        else if (value instanceof OptionalInt some) tell(some.isPresent() ? some.getAsInt() : null, to);
        else if (value instanceof Boolean || value instanceof Number) to.append(value);
        else if (value instanceof Enum<?> word) text(word.name(), to);
        else if (value instanceof String || value instanceof Uuid) text(value.toString(), to);
        else if (value instanceof byte[] bytes) text(Base64.getEncoder().encodeToString(bytes), to);
        else if (value instanceof Node node) to.append(node.id());
        else if (value instanceof Throwable thrown) text(Errors.forException(thrown).name(), to);
        else if (value instanceof TopicPartition partition) text(partition.toString(), to);
        else if (value instanceof Map<?, ?> map) {
            List<String> entries = new ArrayList<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) entries.add(pair(String.valueOf(entry.getKey()), entry.getValue()));
            to.append(entries.stream().sorted().collect(Collectors.joining(",", "{", "}")));
        } else if (value instanceof Iterable<?> list) {
            List<String> items = new ArrayList<>();
            for (Object item : list) {
                StringBuilder each = new StringBuilder();
                tell(item, each);
                items.add(each.toString());
            }
            to.append("[").append(String.join(",", items)).append("]");
        } else getters(value, to);
    }

    static void tellFuture(KafkaFuture<?> future, StringBuilder to) {
        try {
            tell(future.get(), to);
        } catch (Exception thrown) {
            tell(thrown.getCause(), to);
        }
    }

    static void getters(Object value, StringBuilder to) {
        List<String> entries = new ArrayList<>();
        for (Method method : value.getClass().getMethods()) {
            boolean isGetter = method.getParameterCount() == 0 && !Modifier.isStatic(method.getModifiers()) && method.getReturnType() != void.class;
            if (!isGetter || method.isSynthetic() || method.isAnnotationPresent(Deprecated.class)) continue;
            if (method.getDeclaringClass() == Object.class || Set.of("hashCode", "toString", "toFilter").contains(method.getName())) continue;
            try {
                method.setAccessible(true);
                entries.add(pair(method.getName(), method.invoke(value)));
            } catch (ReflectiveOperationException thrown) {
                throw new IllegalStateException(method.toString(), thrown);
            }
        }
        to.append(entries.stream().sorted().collect(Collectors.joining(",", "{", "}")));
    }

    static String pair(String name, Object value) {
        StringBuilder entry = new StringBuilder();
        text(name, entry);
        entry.append(':');
        tell(value, entry);
        return entry.toString();
    }

    static void text(String text, StringBuilder to) {
        to.append('"');
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\') to.append('\\').append(letter);
            else if (letter < 32) to.append(String.format("\\u%04x", (int) letter));
            else to.append(letter);
        }
        to.append('"');
    }
}
