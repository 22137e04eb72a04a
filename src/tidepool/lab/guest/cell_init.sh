#!/bin/bash
# cell_init.sh ROOT HOSTNAME LOG COMMAND...: first process of a cell, in fresh mount, PID, UTS and IPC namespaces.
# Turns ROOT (an overlay of the image) into /, says "ready" on its first standard output, becomes COMMAND.
set -e
root=$1 name=$2
exec 3>&1 >>"$3" 2>&1
shift 3
mount --make-rprivate /
# A mount of its own, so that the machine can unmount its view without asking the cell.
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs run -o mode=755
mount -t tmpfs tmpfs tmp -o mode=1777
mount -t tmpfs tmpfs dev -o mode=755
for node in null zero full random urandom tty; do
    touch dev/$node
    mount --bind /dev/$node dev/$node
done
mkdir dev/pts dev/shm
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs dev/shm -o mode=1777
if [ "$1" = /lib/systemd/systemd ]; then
    # The cgroup layout is the machine's: systemd inside finds what systemd outside would.
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        mount -t cgroup2 cgroup2 sys/fs/cgroup
    else
        mount -t tmpfs tmpfs sys/fs/cgroup -o mode=755
        mkdir sys/fs/cgroup/unified sys/fs/cgroup/systemd
        mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
        mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
    fi
    export container=lxc
fi
hostname "$name"
mkdir -p old
pivot_root . old
umount -l /old
rmdir /old
echo ready >&3
exec 3>&-
exec "$@"
