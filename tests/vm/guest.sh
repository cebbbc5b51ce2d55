# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# In the VM, on the machine's root file system: modules, what an init system would mount, then the
# command in /run/vm/job.sh. Its output and status are files in /run/vm, which the machine outside
# reads. /run/vm/settings.sh says where the modules are.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
modules='' load=''
# shellcheck source=/dev/null
. /run/vm/settings.sh
mkdir -p /lib/modules /dev/pts /dev/shm /run/lock
ln -sfn "$modules" "/lib/modules/$(uname -r)"
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing
mount --make-rshared /
ln -sfn /proc/self/fd /dev/fd
ip link set lo up
for module in $load; do
	modprobe "$module" || echo "$module" >>/run/vm/modules-missing
done
: >/run/vm/ready
setsid sh /run/vm/job.sh </dev/null >/run/vm/output 2>&1
echo $? >/run/vm/status
dmesg >/run/vm/dmesg.log 2>&1
sync
echo b >/proc/sysrq-trigger # with -no-reboot: QEMU ends
sleep 60
