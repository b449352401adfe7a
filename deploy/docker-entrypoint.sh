#!/usr/bin/env bash
# What a container of the image runs: `odradek start`, told everything by KAFKA_* variables and a mounted server.properties. Options go to `odradek start`;
# a command is run in its place. deploy/README.md has the variables.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=deploy/docker-settings.sh
source "$here/docker-settings.sh"
# shellcheck source=deploy/docker-create-topics.sh
source "$here/docker-create-topics.sh"

if [[ ${1:-} == odradek && ${2:-} == start ]]; then
  shift 2
elif [[ $# -gt 0 && $1 != -* ]]; then
  exec "$@"
fi

# Notes overrides, and a file that was named.
read_words() {
  while (($#)); do
    case $1 in
      --override=*) overrides+=("${1#*=}") ;;
      -o | --override) overrides+=("${2:-}") && shift $(($# > 1)) ;;
      -o*) overrides+=("${1#-o}") ;;
      --log-level | --brokers) shift $(($# > 1)) ;;
      -*) ;;
      *) properties_file=$1 file=() ;;
    esac
    shift
  done
}

is_set() {
  setting "$1" >/dev/null
}

# Prints what the command in a variable prints; ends where it fails, or says nothing.
output_of() {
  local output
  output=$(bash -c "${!1}") || fail "$1: its command failed"
  [[ -n $output ]] || fail "$1: its command printed nothing"
  printf '%s' "$output"
}

# Prints the first of these variables that holds something.
first_of() {
  local variable
  for variable in "$@"; do
    if [[ -n ${!variable:-} ]]; then
      printf '%s' "$variable"
      return
    fi
  done
  return 1
}

# _{HOSTNAME_COMMAND} in a value stands for what the command in that variable prints.
fill_in() {
  local command=$1 mark="_{$1}" output='' variable
  for variable in "${!KAFKA_@}"; do
    [[ ${!variable} == *"$mark"* ]] || continue
    [[ -n ${!command:-} ]] || fail "$variable: $mark needs the variable $command, with a command that prints what to put there"
    [[ -n $output ]] || output=$(output_of "$command")
    # Quoted, because an & in it would stand for the mark.
    export "$variable=${!variable//"$mark"/"$output"}"
  done
}

# An address out of the names that Kafka had before there were listeners, and which old tutorials use.
choose_listeners() {
  local host=${KAFKA_ADVERTISED_HOST_NAME:-} port=${KAFKA_PORT:-} advertised=${KAFKA_ADVERTISED_PORT:-} command
  # A container beside one called "kafka" may be given KAFKA_PORT=tcp://...
  [[ $port =~ ^[0-9]+$ ]] || port=9092
  if [[ -z $host ]] && command=$(first_of KAFKA_ADVERTISED_HOSTNAME_COMMAND HOSTNAME_COMMAND); then host=$(output_of "$command"); fi
  if [[ -z $advertised ]] && command=$(first_of KAFKA_ADVERTISED_PORT_COMMAND PORT_COMMAND); then advertised=$(output_of "$command"); fi
  export KAFKA_LISTENERS="PLAINTEXT://:$port"
  export KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://${host:-localhost}:${advertised:-$port}"
  unset KAFKA_ADVERTISED_HOST_NAME KAFKA_ADVERTISED_PORT
}

file=()
if [[ -f $properties_file ]]; then
  file=("$properties_file")
elif [[ -n ${ODRADEK_PROPERTIES:-} ]]; then
  fail "ODRADEK_PROPERTIES: there is no file $ODRADEK_PROPERTIES"
fi
read_words "$@"
for entry in ${overrides[@]+"${overrides[@]}"}; do
  case $entry in metrics.port=* | metrics.host=*)
    echo "${0##*/}: --override ${entry%%=*}: the health check does not see it; KAFKA_METRICS_PORT and KAFKA_METRICS_HOST it does" >&2
    ;;
  esac
done

fill_in HOSTNAME_COMMAND
fill_in PORT_COMMAND
if ! is_set node.id && ! is_set broker.id && [[ -n ${BROKER_ID_COMMAND:-} ]]; then
  KAFKA_BROKER_ID=$(output_of BROKER_ID_COMMAND)
  export KAFKA_BROKER_ID
fi
if ! is_set broker.rack && command=$(first_of RACK_COMMAND KAFKA_BROKER_RACK_COMMAND); then
  KAFKA_BROKER_RACK=$(output_of "$command")
  export KAFKA_BROKER_RACK
fi
roles=$(setting process.roles) || roles=broker
if [[ $roles == *broker* ]] && ! is_set listeners && ! is_set advertised.listeners; then choose_listeners; fi
if ! is_set log.dirs && ! is_set log.dir; then export KAFKA_LOG_DIRS=/var/lib/kafka/data; fi
# The health check asks at this port and no other one, whatever interface clients come in by.
if ! is_set metrics.port; then export KAFKA_METRICS_PORT=9404; fi
if ! is_set metrics.host; then export KAFKA_METRICS_HOST=''; fi

if [[ -n ${KAFKA_CREATE_TOPICS:-} ]]; then
  read_topics
  create_topics &
fi
unset KAFKA_CREATE_TOPICS_SEPARATOR
exec odradek start ${file[@]+"${file[@]}"} "$@"
