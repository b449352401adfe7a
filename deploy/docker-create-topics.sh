# KAFKA_CREATE_TOPICS: topics to be made when the broker answers, as "name:partitions:replicas" or "name:partitions:replicas:cleanup.policy", with commas (or
# what KAFKA_CREATE_TOPICS_SEPARATOR says, or blanks) between them. Sourced by the entry point, in bash.

# Seconds between two attempts at what is refused; a cluster's other brokers may yet have to come.
most_pause=15

# Fills `topics`, or ends with what is not understood.
read_topics() {
  local entry separator=${KAFKA_CREATE_TOPICS_SEPARATOR:-,}
  read -r -d '' -a topics <<<"${KAFKA_CREATE_TOPICS//"$separator"/ }" || true
  for entry in "${topics[@]}"; do
    [[ $entry =~ ^[A-Za-z0-9._-]+:[1-9][0-9]*:[1-9][0-9]*(:[a-z,]+)?$ ]] ||
      fail "KAFKA_CREATE_TOPICS: $entry is not valid; allowed: name:partitions:replicas and name:partitions:replicas:cleanup.policy"
  done
  [[ ${START_TIMEOUT:=600} =~ ^[0-9]+$ ]] || fail "START_TIMEOUT: $START_TIMEOUT is not valid; allowed: seconds"
}

# Prints host:port of a listener of this broker: the one for brokers, else the first that is not for controllers.
own_address() {
  local listeners wanted controllers listener host='' name port hosts=1
  listeners=$(setting listeners) || { listeners=$(setting advertised.listeners) && hosts=0; }
  wanted=$(setting inter.broker.listener.name) || wanted=''
  controllers=$(setting controller.listener.names) || controllers=CONTROLLER
  for listener in ${listeners//,/ }; do
    [[ $listener =~ ^([A-Za-z0-9._-]+)://(.*):([0-9]+)$ ]] || continue
    name=${BASH_REMATCH[1]^^} port=${BASH_REMATCH[3]}
    ((hosts)) && host=${BASH_REMATCH[2]}
    if [[ -n $wanted ]]; then [[ $name == "${wanted^^}" ]] || continue; fi
    [[ ,${controllers^^}, != *,"$name",* ]] || continue
    case $host in '' | 0.0.0.0 | '[::]') host=localhost ;; esac
    printf '%s:%s\n' "$host" "$port"
    return
  done
  return 1
}

# Makes all of `topics`. What is refused is tried again until START_TIMEOUT is over, and told when it is refused for another reason than before.
create_topics() {
  local address entry said before='' pause=1 name partitions replicas policy left=() deadline=$((SECONDS + START_TIMEOUT))
  address=$(own_address) || fail 'KAFKA_CREATE_TOPICS: no listener of this broker takes clients'
  while ((${#topics[@]})); do
    left=()
    for entry in "${topics[@]}"; do
      IFS=: read -r name partitions replicas policy <<<"$entry"
      if said=$(kafka-topics --bootstrap-server "$address" --create --if-not-exists --topic "$name" --partitions "$partitions" \
        --replication-factor "$replicas" ${policy:+--config "cleanup.policy=$policy"} 2>&1); then
        [[ -z $said ]] || echo "$said"
      else
        left+=("$entry")
        [[ $said == "$before" ]] || echo "KAFKA_CREATE_TOPICS: $entry: $said" >&2
        before=$said
      fi
      # The broker has this shell's process id since the entry point became it.
      kill -0 "$$" 2>/dev/null || return 0
    done
    topics=(${left[@]+"${left[@]}"})
    ((${#topics[@]})) || return 0
    ((SECONDS < deadline)) || fail "KAFKA_CREATE_TOPICS: not made within $START_TIMEOUT s: ${topics[*]}"
    sleep "$pause"
    ((pause = pause * 2 < most_pause ? pause * 2 : most_pause))
  done
}
