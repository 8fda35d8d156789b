# SPDX-License-Identifier: Apache-2.0
#
# Sourced by ./run and ./test: sees to it that packages are there and that a build folder is configured and up to date.
# Everything it says goes to stderr, because stdout belongs to the program.

say () {
  printf 'trellis: %s\n' "$*" >&2
}

# packages_of SET...: prints "package probe" rows of these sets.
packages_of () {
  local set
  for set in "$@"; do
    sed -n "s/^${set}  *\([^ ]*\)  *\([^ ]*\) *$/\1 \2/p" "$top/.ci/packages"
  done
}

# Debian 12 and newer (testing has no number) and Ubuntu 24.04 and newer.
is_known_system () {
  [ -r /etc/os-release ] && command -v apt-get > /dev/null && command -v dpkg-query > /dev/null || return 1
  (
    ID='' VERSION_ID=''
    . /etc/os-release
    case "$ID" in
      debian) [ "${VERSION_ID:-99}" -ge 12 ] ;;
      ubuntu) [ "$(printf '%s\n' 24.04 "${VERSION_ID:-0}" | sort -V | head -n 1)" = 24.04 ] ;;
      *) false ;;
    esac
  )
}

# missing_packages: reads "package probe" rows, prints the packages that dpkg does not know as installed.
missing_packages () {
  local rows=() package probe installed
  while read -r package probe; do
    rows+=("$package")
  done
  [ "${#rows[@]}" -gt 0 ] || return 0
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${rows[@]%\?}" 2> /dev/null || true)
  for package in "${rows[@]}"; do
    case $'\n'"$installed"$'\n' in
      *$'\n'"installed ${package%\?}"$'\n'*) ;;
      *) printf '%s\n' "$package" ;;
    esac
  done
}

# probe_succeeds PROBE: whether what the row stands for is there, on a system whose packages we do not know.
probe_succeeds () {
  local module
  case "$1" in
    cmd:*) command -v "${1#cmd:}" > /dev/null ;;
    file:*) [ -e "${1#file:}" ] ;;
    pc:*)
      for module in $(printf '%s' "${1#pc:}" | tr '|' ' '); do
        pkg-config --exists "$module" 2> /dev/null && return 0
      done
      return 1
      ;;
    *) true ;;
  esac
}

cannot_install () {
  say "$1"
  say "These have to be installed first (Debian names): $2"
  exit 3
}

# install_packages SET...: installs what is missing, and does nothing where nothing is.
install_packages () {
  local package probe missing=() wanted=() root=()

  if ! is_known_system; then
    while read -r package probe; do
      probe_succeeds "$probe" || missing+=("${package%\?}")
    done < <(packages_of "$@")
    [ "${#missing[@]}" -eq 0 ] || cannot_install "this system is neither Debian 12 nor Ubuntu 24.04 nor newer" "${missing[*]}"
    return 0
  fi

  mapfile -t missing < <(packages_of "$@" | missing_packages)
  # Optional packages are tried once with the others, then only looked up: they may not exist here.
  for package in "${missing[@]}"; do
    case "$package" in
      *\?) apt-cache show "${package%\?}" > /dev/null 2>&1 && wanted+=("${package%\?}") || true ;;
      *) wanted+=("$package") ;;
    esac
  done
  [ "${#wanted[@]}" -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || cannot_install "neither root nor sudo" "${wanted[*]}"
    root=(sudo)
    [ -t 0 ] || root=(sudo -n)
  fi

  say "installing ${#wanted[@]} packages: ${wanted[*]}"
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq)
  "${apt[@]}" update < /dev/null >&2 || say "apt-get update failed; trying with the lists that are here"
  wanted=()
  for package in "${missing[@]}"; do
    case "$package" in
      *\?) apt-cache show "${package%\?}" > /dev/null 2>&1 && wanted+=("${package%\?}") || true ;;
      *) wanted+=("$package") ;;
    esac
  done
  "${apt[@]}" install --no-install-recommends -y "${wanted[@]}" < /dev/null >&2 ||
    cannot_install "apt-get could not install everything" "${wanted[*]}"
}

# configure DIR OPTION...: sets the folder up, or changes its options where they differ from those it was set up with.
configure () {
  local dir=$1 stamp="$1/.options" log="$1/configure.log"
  shift
  if [ -f "$dir/build.ninja" ] && [ "$(cat "$stamp" 2> /dev/null)" = "$*" ]; then
    return 0
  fi
  local again=()
  [ ! -f "$dir/build.ninja" ] || again=(--reconfigure)
  mkdir -p "$dir"
  say "configuring ${dir#"$top/"}"
  if ! meson setup "${again[@]}" "$dir" "$top" "$@" > "$log" 2>&1 < /dev/null; then
    tail -n 30 "$log" >&2
    say "configuring failed; the whole log is ${log#"$top/"}"
    return 1
  fi
  printf '%s' "$*" > "$stamp"
}

# build DIR [TARGET...]: compiles what changed, with ninja's progress on a terminal.  Prints nothing where nothing did.
build () {
  local quiet=()
  case "$(ninja -C "$@" -n 2>&1 < /dev/null)" in
    *'no work to do'*) return 0 ;;
  esac
  say "building ${1#"$top/"}"
  [ -t 2 ] || quiet=(--quiet)
  ninja "${quiet[@]}" -C "$@" < /dev/null >&2
}

# with_lock DIR COMMAND...: two calls at once must not configure or build the same folder together.
with_lock () {
  local dir=$1
  shift
  mkdir -p "$dir"
  {
    flock 9
    "$@" 9>&-
  } 9> "$dir/.lock"
}
