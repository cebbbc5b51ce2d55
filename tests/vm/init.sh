#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# First process in the VM, from its initramfs: the machine's root file system read-only by 9p, a
# tmpfs over it for what is written, a second 9p share for what shall stay, a third that several
# machines have in common, then guest.sh.
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t devtmpfs dev /dev
while read -r module; do
	$bb insmod "/modules/$module" || echo "init: cannot load $module"
done </order
mount_9p()
{
	$bb mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2" && return
	echo "init: cannot mount $1"
	echo o >/proc/sysrq-trigger
	$bb sleep 60
}
mount_9p rootfs /lower cache=loose,ro
lower=/lower
if $bb grep -q mip6.extras /proc/cmdline; then # packages that the machine has not
	mount_9p extras /extras cache=loose,ro
	lower=/extras:/lower
fi
$bb mount -t tmpfs -o mode=755 tmpfs /upper
$bb mkdir /upper/upper /upper/work
$bb mount -t overlay -o "lowerdir=$lower,upperdir=/upper/upper,workdir=/upper/work" overlay /root
$bb mount -t proc proc /root/proc
$bb mount -t sysfs sys /root/sys
$bb mount -t devtmpfs dev /root/dev
$bb mount -t tmpfs -o mode=755 tmpfs /root/run
$bb mkdir /root/run/vm
mount_9p results /root/run/vm cache=none
if $bb grep -q mip6.shared /proc/cmdline; then # with other machines
	$bb mkdir /root/run/shared
	mount_9p shared /root/run/shared cache=none
fi
$bb umount /proc
exec $bb switch_root /root /bin/sh /run/vm/guest.sh
