#!/bin/bash
# build_image.sh TARGET MIRROR GUEST PACKAGE...: one Debian bookworm root filesystem for every cell of a lab.
# Runs inside `unshare --mount --pid --kill-child` (image.py), so that an interrupted build leaves no mount and no process.
# Lines that start with "==" are progress for people; everything else is for the log.
set -euo pipefail
target=$1 mirror=$2 guest=$3
shift 3
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

mount --make-rprivate /
echo "== base system"
debootstrap --variant=minbase bookworm "$target" ${mirror:+"$mirror"}

mountpoint -q "$target/proc" || mount -t proc proc "$target/proc"
mount -t tmpfs tmpfs "$target/run"
# The machine's /dev is never mounted here as a whole: whoever deletes a tree that holds it deletes the machine's devices.
mount -t tmpfs tmpfs "$target/dev" -o mode=755
for node in null zero full random urandom tty; do
    touch "$target/dev/$node"
    mount --bind "/dev/$node" "$target/dev/$node"
done
ln -s /proc/self/fd "$target/dev/fd"
ln -s /proc/self/fd/0 "$target/dev/stdin"
ln -s /proc/self/fd/1 "$target/dev/stdout"
ln -s /proc/self/fd/2 "$target/dev/stderr"
mkdir "$target/dev/shm"
cp --remove-destination -L /etc/resolv.conf "$target/etc/resolv.conf"
# Services must not start while their packages are installed: there is no init here.
printf '#!/bin/sh\nexit 101\n' > "$target/usr/sbin/policy-rc.d"
chmod +x "$target/usr/sbin/policy-rc.d"
# Losing power during the build only costs a rebuild; fsync after every file costs minutes.
echo force-unsafe-io > "$target/etc/dpkg/dpkg.cfg.d/lab"
# A default cluster would be one more PostgreSQL that nobody asked for.
mkdir -p "$target/etc/postgresql-common"
echo 'create_main_cluster = false' > "$target/etc/postgresql-common/createcluster.conf"

echo "== packages"
chroot "$target" apt-get -o Acquire::Check-Valid-Until=false update
chroot "$target" apt-get -y --no-install-recommends -o Dpkg::Options::=--force-confold install "$@"

echo "== settings"
in_image() { chroot "$target" "$@"; }
in_image systemctl disable nginx php8.2-fpm mariadb postgresql haproxy knot unbound >/dev/null 2>&1
in_image systemctl enable ssh >/dev/null 2>&1
# What needs hardware, a console or the real internet only delays a boot here.
in_image systemctl mask systemd-logind systemd-udevd systemd-udev-trigger console-getty getty@tty1 \
    mariadb.socket mariadb-extra.socket apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap fstrim.timer dpkg-db-backup.timer \
    systemd-journal-flush systemd-update-utmp systemd-network-generator unbound-resolvconf >/dev/null 2>&1
# Each droplet makes host keys of its own, or pinning them would prove nothing.
rm -f "$target"/etc/ssh/ssh_host_*
mkdir -p "$target/etc/systemd/system/ssh.service.d"
printf '[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\nExecStartPre=/usr/sbin/sshd -t\n' \
    > "$target/etc/systemd/system/ssh.service.d/host-keys.conf"
mkdir -p "$target/usr/local/lib/lab"
install -m 755 "$guest/first_boot.py" "$target/usr/local/lib/lab/first_boot.py"
install -m 644 "$guest/first-boot.service" "$target/etc/systemd/system/first-boot.service"
in_image systemctl enable first-boot >/dev/null 2>&1
# The clock fault moves what these see of the wall clock (faults/clock.py). The compiler does not stay.
install -m 644 "$guest/clock.c" "$target/usr/local/lib/lab/clock.c"
chroot "$target" apt-get -y --no-install-recommends install gcc libc6-dev
in_image gcc -O2 -Wall -shared -fPIC -o /usr/local/lib/lab/clock.so /usr/local/lib/lab/clock.c
chroot "$target" apt-get -y purge --autoremove gcc libc6-dev
for unit in php8.2-fpm farshore-agent; do
    install -D -m 644 "$guest/clock.conf" "$target/etc/systemd/system/$unit.service.d/clock.conf"
done
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' > "$target/etc/systemd/journald.conf"
: > "$target/etc/machine-id"

in_image apt-get clean
rm -rf "$target/usr/sbin/policy-rc.d" "$target"/var/lib/apt/lists/* "$target"/var/log/*.log
: > "$target/etc/resolv.conf"
