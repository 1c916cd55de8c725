#!/bin/bash
# A Slurm cluster of N nodes on this one machine, over loopback only. Root; Debian/Ubuntu; apt-get install slurm-wlm munge
# usage: start.sh [nodes=3] [cpus-per-node=4] [folder=/var/tmp/slurm-kit]
# Each node is its own UTS + PID + mount namespace (own hostname, own process ids): killing its first process is a power cut.
set -euo pipefail
nodes=${1:-3} cpus=${2:-4} dir=${3:-/var/tmp/slurm-kit}
base=${SLURM_KIT_PORT:-17100}
[ "$(id -u)" = 0 ] || { echo "must be root" >&2; exit 2; }
for tool in slurmctld slurmd munged unshare nsenter; do command -v $tool >/dev/null || { echo "missing $tool: apt-get install slurm-wlm munge util-linux" >&2; exit 2; }; done
[ ! -e "$dir/ctld.pid" ] || ! kill -0 "$(cat "$dir/ctld.pid")" 2>/dev/null || { echo "already running in $dir" >&2; exit 2; }
rm -rf "$dir"; mkdir -p "$dir"/{state,spool,log,munge}; chmod 700 "$dir/munge"; chmod 755 "$dir" "$dir/log"

# Own munge daemon, key and socket: /etc and a munge that runs already stay as they are.
head -c 1024 /dev/urandom > "$dir/munge/key"; chmod 400 "$dir/munge/key"; chmod 711 "$dir/munge"
munged --force --key-file "$dir/munge/key" --socket "$dir/munge/socket" --pid-file "$dir/munge/pid" \
  --log-file "$dir/munge/log" --seed-file "$dir/munge/seed"

list="n[1-$nodes]"; [ "$nodes" = 1 ] && list=n1
cat > "$dir/slurm.conf" <<CONF
ClusterName=kit
SlurmctldHost=ctl(127.0.0.1)
SlurmctldPort=$base
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
SlurmctldParameters=enable_configless
SlurmdParameters=config_overrides
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/${SLURM_KIT_PROCTRACK:-pgid}
TaskPlugin=${SLURM_KIT_TASK:-task/none}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1000
ReturnToService=2
SlurmdTimeout=${SLURM_KIT_TIMEOUT:-20}
SlurmctldTimeout=20
InactiveLimit=0
KillWait=${SLURM_KIT_KILL_WAIT:-10}
MinJobAge=3600
JobRequeue=1
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=${SLURM_KIT_ACCOUNTING:-accounting_storage/none}
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=${SLURM_KIT_GATHER:-5}
${SLURM_KIT_CONF:-}
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.txt
SchedulerParameters=batch_sched_delay=0,sched_interval=2
RebootProgram=/bin/true
CONF
sed -i /enable_configless/d "$dir/slurm.conf"
for i in $(seq "$nodes"); do
  echo "NodeName=n$i NodeHostname=n$i NodeAddr=127.0.0.1 Port=$((base + i)) CPUs=$cpus Boards=1 SocketsPerBoard=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=16384 Feature=$([ $((i % 2)) = 1 ] && echo amd || echo intel) State=UNKNOWN" >> "$dir/slurm.conf"
done
echo "PartitionName=main Nodes=$list Default=YES MaxTime=INFINITE DefaultTime=60 State=UP OverSubscribe=NO" >> "$dir/slurm.conf"
cp /etc/hosts "$dir/hosts"; echo "127.0.0.1 ctl $(seq -f 'n%g' -s ' ' "$nodes")" >> "$dir/hosts"

if [ -n "${SLURM_KIT_PROCESSORS:-}" ]; then # models of processors, a | between them, that the nodes have in turn
  IFS='|' read -ra models <<<"$SLURM_KIT_PROCESSORS"
  for i in $(seq "$nodes"); do
    model=${models[$(((i - 1) % ${#models[@]}))]} awk 'BEGIN { FS = OFS = ": " } /^model name/ { $2 = ENVIRON["model"] } 1' /proc/cpuinfo > "$dir/cpuinfo-n$i"
  done
fi

printf "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\nConstrainCores=no\nConstrainRAMSpace=${SLURM_KIT_RAM:-no}\n" > "$dir/cgroup.conf"
export SLURM_CONF=$dir/slurm.conf
here=$(cd "$(dirname "$0")" && pwd)
"$here/node.sh" up ctl "$dir"
for i in $(seq "$nodes"); do "$here/node.sh" up "n$i" "$dir"; done
up=0
for _ in $(seq 240); do # a machine that is busy takes its time, and its daemons may not answer at first
  up=$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l) || true
  [ "$up" = "$nodes" ] && break
  sleep 0.5
done
[ "$up" = "$nodes" ] || { echo "not all nodes are up: see $dir/log" >&2; exit 1; }
echo "export SLURM_CONF=$SLURM_CONF"
