#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Dependencies point one way: apps -> (socket) -> mn, ha-dgw -> libmip6d -> libmip6, and libmip6 (its
# headers, wire/, core/) is pure: it includes and calls nothing of the operating system. Looks at the
# #include lines of the sources and at what the built library leaves undefined.
set -eu

srcdir=${srcdir:-.}
failed=0

complain()
{
	echo "$*"
	failed=1
}

# "file: header" for each #include of the files below the given folders.
includes_of()
{
	for folder; do
		[ -d "$srcdir/$folder" ] || continue
		find "$srcdir/$folder" -name '*.[ch]' -exec sed -n \
			's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\([<"][^>"]*[>"]\).*/\1/;T;F;p' {} + |
			paste -d ' ' - - | sed "s#^$srcdir/##"
	done
}

# allow NAME PATTERN FOLDER...: every header included there matches.
allow()
{
	name=$1
	pattern=$2
	shift 2
	bad=$(includes_of "$@" | grep -Ev "^[^ ]* ($pattern)$" || true)
	[ -z "$bad" ] || complain "$name must not include:
$bad"
}

# forbid NAME PATTERN FOLDER...: no header included there matches.
forbid()
{
	name=$1
	pattern=$2
	shift 2
	bad=$(includes_of "$@" | grep -E "^[^ ]* ($pattern)" || true)
	[ -z "$bad" ] || complain "$name must not include:
$bad"
}

language='<(stdbool|stddef|stdint|string)\.h>'

# Pure: a whitelist, so that what nobody thought of is refused too.
allow 'a public header' "$language|<mip6/[a-z0-9_]+\.h>" libmip6/include
allow 'the wire codec' "$language|<mip6/[a-z0-9_]+\.h>|\"(wire/)?[a-z0-9_]+\.h\"|<nettle/(hmac|memops)\.h>" \
	libmip6/wire
allow 'a protocol core' "$language|<mip6/[a-z0-9_]+\.h>|\"(core/)?[a-z0-9_]+\.h\"" libmip6/core

# One way.
forbid 'libmip6d' '"(mn|ha-dgw|apps|core|wire|tests)/' libmip6/io libmip6/kernel
forbid 'the WTRU daemon' '"(ha-dgw|apps|core|wire|tests)/' mn
forbid 'the D-GW daemon' '"(mn|apps|core|wire|tests)/' ha-dgw
forbid 'a program that speaks to daemons' '"(mn|ha-dgw|core|wire|kernel|tests)/' apps
forbid 'anything' '"\.\./' libmip6 mn ha-dgw apps

# Netlink and BPF only in the kernel folder; constants that kernel/rtnl.h takes come from where they may.
forbid 'anything but libmip6/kernel' '<(linux/(netlink|xfrm|inet_diag|sock_diag|nf_tables|netfilter)|libmnl/|libnftnl/|bpf/)' \
	libmip6/include libmip6/wire libmip6/core libmip6/io mn ha-dgw apps

# What libmip6 needs from others: string functions, HMAC, the compiler's own. With a sanitizer, its too.
library=
for candidate in .libs/libmip6.so .libs/libmip6.a; do
	[ -e "$candidate" ] && library=$candidate && break
done
if [ -n "$library" ]; then
	case $library in
	*.so) undefined=$(nm -D -u "$library" | sed 's/^ *[Uw] //; s/@.*//') ;;
	*) undefined=$(nm -u "$library" | sed -n 's/^ *[Uw] //p' | grep -v '^mip6_' || true) ;;
	esac
	bad=$(echo "$undefined" | grep -Ev \
		'^(mem(cpy|move|set|cmp|chr)|str(len|nlen|cmp|ncmp|chr))$|^__(mem(cpy|move|set)_chk|stack_chk_fail|gmon_start__|cxa_finalize)$|^_ITM_|^_GLOBAL_OFFSET_TABLE_$|^nettle_(hmac|memeql|sha)|^__(asan|ubsan|sancov|sanitizer|tsan|gcov)_|^$' || true)
	[ -z "$bad" ] || complain "libmip6 must not use:
$bad"
else
	complain 'no built libmip6 found: run from the build directory'
fi

[ $failed -eq 0 ] && echo 'layers are right'
exit $failed
