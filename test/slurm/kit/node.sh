#!/bin/bash
# usage: node.sh up|kill|freeze|thaw n2 [folder]    up: boots a node; kill: power cut (slurmd, job steps and all die by SIGKILL at once)
# freeze/thaw: SIGSTOP/SIGCONT of all its processes (a node that hangs, or a network that is gone)
set -euo pipefail
verb=$1 node=$2 dir=${3:-/var/tmp/slurm-kit}
export SLURM_CONF=$dir/slurm.conf
inside() { # processes of the node, by its namespace of process ids
  local ns; ns=$(readlink "/proc/$(cat "$dir/$node.pid")/ns/pid")
  for p in /proc/[0-9]*; do
    if [ "$(readlink "$p/ns/pid" 2>/dev/null)" = "$ns" ]; then echo "${p#/proc/}"; fi
  done
}
if [ "$node" = ctl ]; then # the controller: it comes back with the jobs that it knew
  case $verb in
    up)
      setsid unshare --uts --mount bash -c 'hostname ctl; mount --bind "$1/hosts" /etc/hosts; echo $$ > "$1/ctld.pid"; exec slurmctld -D' - "$dir" \
        </dev/null >>"$dir/log/slurmctld.out" 2>&1 & ;;
    kill) kill -KILL "$(cat "$dir/ctld.pid")" ;;
    stop)
      kill -TERM "$(cat "$dir/ctld.pid")"
      while kill -0 "$(cat "$dir/ctld.pid")" 2>/dev/null; do sleep 0.1; done ;;
    *) echo "up, kill or stop" >&2; exit 2 ;;
  esac
  exit
fi
case $verb in
  up)
    mkdir -p "$dir/spool/$node"
    # the shell that stays is process 1 of the node: it reaps orphans, and its end is the end of the node
    setsid unshare --uts --mount --pid --fork --kill-child --mount-proc bash -c '
      hostname "$2"; mount --bind "$1/hosts" /etc/hosts
      [ ! -e "$1/cpuinfo-$2" ] || mount --bind "$1/cpuinfo-$2" /proc/cpuinfo
      slurmd -D -N "$2" & child=$!
      trap "kill $child" TERM
      wait $child; wait $child 2>/dev/null' - "$dir" "$node" </dev/null >"$dir/log/$node.out" 2>&1 &
    outer=$!
    for _ in $(seq 600); do inner=$(cat "/proc/$outer/task/$outer/children" 2>/dev/null || true); [ -n "${inner// /}" ] && break; sleep 0.1; done
    echo "${inner%% *}" > "$dir/$node.pid" ;;
  kill) kill -KILL "$(cat "$dir/$node.pid")" ;;
  freeze) kill -STOP $(inside) ;;
  thaw) kill -CONT $(inside) ;;
  pids) inside ;;
  *) echo "up, kill, freeze, thaw or pids" >&2; exit 2 ;;
esac
