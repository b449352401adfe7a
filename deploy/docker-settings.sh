# What the scripts of the image share. Sourced, in bash.

# The file that is used where it is there: mounted where Apache's own image looks for one.
properties_file=${ODRADEK_PROPERTIES:-/mnt/shared/config/server.properties}

# What was typed as --override, one key=value each; filled by the entry point.
overrides=()

# Complains and ends.
fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# Prints what a key was set to, and fails where nobody set it: by an override, by its variable (src/config/environment.ts), or in the file.
setting() {
  local key=$1 name entry variable
  for entry in ${overrides[@]+"${overrides[@]}"}; do
    if [[ $entry == "$key="* ]]; then
      printf '%s\n' "${entry#*=}"
      return
    fi
  done
  name=${key//_/__}
  name=${name//-/___}
  name=${name//./_}
  for variable in "KAFKA_${name^^}" "KAFKA_CFG_${name^^}"; do
    if [[ -v $variable ]]; then
      printf '%s\n' "${!variable}"
      return
    fi
  done
  [[ -f $properties_file ]] || return 1
  sed -n "s/\r\$//; s/^[[:space:]]*${key//./\\.}[[:space:]]*[=:][[:space:]]*//p" "$properties_file" | tail -n 1 | grep .
}
