# SPDX-License-Identifier: Apache-2.0
# Shell functions shared by ./run, ./test and .ci/run. Sourced, with $top set to the source root.

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
warn() { printf '\033[33mwarning: %s\033[0m\n' "$*" >&2; }
die() { printf '\033[31merror: %s\033[0m\n' "$*" >&2; exit 1; }

# Debian packages by what needs them.
packages_build="build-essential cmake ninja-build pkg-config clang llvm bpftool ca-certificates
  libxdp-dev libbpf-dev libsrtp2-dev libssl-dev libusrsctp-dev libh2o-evloop-dev libwslay-dev
  libjansson-dev libjwt-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libyaml-dev
  libcurl4-openssl-dev libc-ares-dev libsqlite3-dev libhiredis-dev libseccomp-dev zlib1g-dev
  libcap-dev libcmocka-dev curl iproute2"
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] && packages_build="$packages_build libipsec-mb-dev"
packages_test="chromium firefox-esr jq nftables procps openssl redis-server util-linux python3 python3-venv zsh fish"
packages_ci="clang-format clang-tidy libclang-rt-14-dev lld universal-ctags valgrind"

# install_packages LIST: installs those that are missing, with a word about it.
install_packages() {
  local missing="" p
  for p in $1; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
  done
  [ -z "$missing" ] && return 0
  command -v apt-get >/dev/null || die "these packages are missing and apt-get is not here:$missing"
  local sudo=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing; install them as root:$missing"
    sudo=sudo
  fi
  say "installing Debian packages:$missing"
  # one package manager at a time, also when a clone beside this one does the same
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 update -q >/dev/null ||
    warn "apt-get update failed; trying with what is known"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends $missing >"$top/build/install.log" 2>&1 ||
    { tail -n 20 "$top/build/install.log" >&2; die "installing packages failed; the log is build/install.log"; }
}

# Node.js of at least version 18, with npm.
install_node() {
  if command -v node >/dev/null && command -v npm >/dev/null &&
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; then
    return 0
  fi
  install_packages "nodejs npm"
}

# install_npm DIR: the packages of DIR/package-lock.json, once per lock file.
install_npm() {
  local stamp="$1/node_modules/.installed"
  if [ -f "$stamp" ] && [ "$stamp" -nt "$1/package-lock.json" ]; then return 0; fi
  say "installing npm packages of ${1#"$top"/}"
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) || die "npm ci failed in $1"
  touch "$stamp"
}

# configure PRESET: once.
configure() {
  [ -f "$top/build/$1/build.ninja" ] || cmake --preset "$1" -S "$top" >"$top/build/cmake-$1.log" 2>&1 ||
    { tail -n 20 "$top/build/cmake-$1.log" >&2; die "cmake failed; the log is build/cmake-$1.log"; }
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  configure "$preset"
  cmake --build "$top/build/$preset" ${1:+--target "$@"}
}

# The test-call page with its client library, into build/console.
build_console() {
  local src="$top/control/console" out="$top/build/console"
  install_npm "$src"
  mkdir -p "$out"
  (cd "$src" && OUT="$out" npm run --silent build >"$top/build/console.log" 2>&1) ||
    { cat "$top/build/console.log" >&2; die "bundling the test-call page failed"; }
}
