#!/usr/bin/env bash
# Whether the broker of this container serves: asks its /healthz, and says what that says.
set -uo pipefail
# shellcheck source=deploy/docker-settings.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/docker-settings.sh"

port=$(setting metrics.port) || port=9404
host=$(setting metrics.host) || host=''
case $host in '' | 0.0.0.0 | ::) host=127.0.0.1 ;; esac
[[ $port != 0 ]] || fail 'metrics.port is 0, so nobody can be asked: give the container another health check, or the key another port'

exec 3<>"/dev/tcp/$host/$port" || exit 1
# Of HTTP 1.0 the answer comes in one piece, and ends with the connection.
printf 'GET /healthz HTTP/1.0\r\nHost: %s\r\n\r\n' "$host" >&3
answer=$(timeout 4 cat <&3)
echo "${answer##*$'\n'}"
[[ ${answer%%$'\r'*} == *' 200 '* ]]
