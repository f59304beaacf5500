# SPDX-License-Identifier: Apache-2.0
# Shell functions of the benchmarks: a server and its load, each in a network namespace of its own with
# a veth pair between, pinned to CPUs. Sourced, with $top set to the source root.

server_core=0 load_core=1 workers=1 isolated=yes
key=devkey secret=secret-of-at-least-thirty-two-bytes
tag=sb$$ address=127.0.0.1 in_server=() in_load=()
pids=()
bin=${BENCH_BIN:-$top/build/release/bin}

die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

need() {
  local tool
  for tool; do command -v "$tool" >/dev/null || die "needs $tool"; done
}

need_built() {
  local program
  for program; do
    [ -x "$bin/$program" ] || die "build $program first: cmake --build build/release --target $program"
  done
}

stop_server() {
  local pid
  [ ${#pids[@]} -gt 0 ] || return 0
  kill "${pids[@]}" 2>/dev/null || true
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}

remove_namespaces() {
  [ -n "$isolated" ] || return 0
  ip netns del "$tag-s" 2>/dev/null || true
  ip netns del "$tag-l" 2>/dev/null || true
}

make_namespaces() {
  ip netns add "$tag-s" && ip netns add "$tag-l" || die "cannot make network namespaces: it takes root"
  ip link add "$tag-s" netns "$tag-s" numrxqueues "$workers" numtxqueues "$workers" type veth \
    peer name "$tag-l" netns "$tag-l" numrxqueues "$workers" numtxqueues "$workers"
  local end
  for end in s l; do
    ip -n "$tag-$end" link set lo up
    ip -n "$tag-$end" link set "$tag-$end" up
  done
  ip -n "$tag-s" addr add 10.199.0.1/24 dev "$tag-s"
  ip -n "$tag-l" addr add 10.199.0.2/24 dev "$tag-l"
  address=10.199.0.1
  in_server=(ip netns exec "$tag-s") in_load=(ip netns exec "$tag-l")
}

# write_config FILE PORTS: what sluice and LiveKit read.
write_config() {
  cat >"$1" <<YAML
port: 7880
bind_addresses: ["$address"]
keys: {$key: $secret}
log_level: warn
rtc:
  udp_port: $2
  tcp_port: 7881
  node_ip: $address
  use_external_ip: false
  enable_loopback_candidate: true
YAML
}

# launch LOG COMMAND...: on the server's core, in its namespace.
launch() {
  local log=$1
  shift
  "${in_server[@]}" taskset -c "$server_core" "$@" >"$log" 2>&1 &
  pids+=($!)
}

# More lines of sluice's own section.
sluice_options=""

# start_sluice SPEC RUN: SPEC is sluice[:BACKEND][=BUILD]; its files are RUN.*
start_sluice() {
  local spec=$1 run=$2 programs=$bin backend=udp ports=7882
  case $spec in *=*) programs=${spec#*=}/bin ;; esac
  case ${spec%%=*} in *:*) backend=${spec%%=*} backend=${backend#*:} ;; esac
  [ "$workers" -eq 1 ] || ports=7882-$((7881 + workers))
  write_config "$run.yaml" "$ports"
  mkdir -p "$run.sockets"
  cat >>"$run.yaml" <<YAML
sluice:
  backend: $backend
  workers: $workers
  run_dir: $run.sockets
YAML
  if [ -n "$sluice_options" ]; then printf '%s\n' "$sluice_options" >>"$run.yaml"; fi
  if [ "$backend" = xdp ]; then printf '  interfaces: ["%s"]\n' "$tag-s" >>"$run.yaml"; fi
  launch "$run.dataplane.log" "$programs/sluice-dataplane" --config "$run.yaml"
  launch "$run.control.log" "$programs/sluice-control" --config "$run.yaml"
}

# wait_server NAME RUN [CURL OPTIONS]: until it answers on its port.
wait_server() {
  local name=$1 run=$2 i
  shift 2
  for i in $(seq 100); do
    "${in_load[@]}" curl -s "$@" -o /dev/null "http://$address:7880/" && return 0
    sleep 0.1
  done
  tail -n 5 "$run".*log >&2
  die "$name does not answer"
}

# load RUN SHAPE-AND-OPTIONS...: sluice-bench on the load's core; report in RUN.json, the rest in RUN.txt.
# $load_options go before the shape's, $load_prefix before the program.
load_options=(--quiet) load_prefix=()
load() {
  local run=$1
  shift
  "${in_load[@]}" taskset -c "$load_core" "${load_prefix[@]}" "$bin/sluice-bench" --url "ws://$address:7880" --key $key \
    --secret $secret --servers "$(IFS=,; echo "${pids[*]}")" "${load_options[@]}" --json "$run.json" "$@" >"$run.txt" 2>&1
}
