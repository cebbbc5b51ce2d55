#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tshark as an independent decoder of everything that the library encodes: nothing malformed, no
# complaint, no wrong checksum, and the values that tests/tools/wire_packets says went in. What tshark does
# not know is shown by our dissector, which is loaded here as it is in the tree; it survives broken packets.
set -eu

command -v tshark >/dev/null 2>&1 || { echo "tshark is not installed"; exit 77; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/mip6-tshark.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# Without a home directory of its own, tshark reads the developer's preferences.
HOME=$dir
# Nor a dissector of ours that is installed.
WIRESHARK_PLUGIN_DIR=$dir
export HOME WIRESHARK_PLUGIN_DIR
lua=lua_script:${srcdir:-.}/apps/wireshark/mip6.lua

./tests/tools/wire_packets pcap "$dir/all.pcap" >"$dir/expect"
packets=$(wc -l <"$dir/expect")

# The fields to ask for: every one that is expected somewhere.
tr '\t' '\n' <"$dir/expect" | sed 's/=.*//' | sort -u >"$dir/fields"
set -- -e frame.number
while read -r field; do
	set -- "$@" -e "$field"
done <"$dir/fields"

tshark -n -X "$lua" -r "$dir/all.pcap" -T fields -E occurrence=a -E aggregator=, "$@" \
	>"$dir/found" 2>"$dir/errors" || { cat "$dir/errors"; exit 1; }

# Complaints of warning level and above, malformed ones included, and checksums that are not good.
tshark -n -X "$lua" -r "$dir/all.pcap" \
	-Y '_ws.malformed || _ws.expert.severity >= 0x600000 || icmpv6.checksum.status == 0' \
	-T fields -e frame.number -e _ws.expert.message >"$dir/complaints" 2>>"$dir/errors"

failed=0
awk -F '\t' -v packets="$packets" '
	FILENAME ~ /fields$/ { column[$1] = FNR + 1; next }
	FILENAME ~ /found$/ { for (i = 1; i <= NF; i++) found[$1, i] = $i; frames++; next }
	{
		for (i = 1; i <= NF; i++) {
			at = index($i, "=")
			name = substr($i, 1, at - 1)
			want = substr($i, at + 1)
			got = found[FNR, column[name]]
			checked++
			if (tolower(got) == tolower(want))
				continue
			printf "packet %d: %s is \"%s\", not \"%s\"\n", FNR, name, got, want
			wrong++
		}
	}
	END {
		if (frames != packets) {
			printf "%d packets written, %d decoded\n", packets, frames
			wrong++
		}
		printf "%d packets, %d values compared, %d wrong\n", packets, checked, wrong
		exit wrong > 0
	}' "$dir/fields" "$dir/found" "$dir/expect" || failed=1

if [ -s "$dir/complaints" ]; then
	echo "tshark complains (packet, what):"
	cat "$dir/complaints"
	failed=1
fi

# Every thirtieth octet wrong: whatever our dissector makes of it, it must not stumble.
seed=1
command -v editcap >/dev/null 2>&1 || seed=11
while [ $seed -le 10 ]; do
	editcap -E 0.03 --seed $seed "$dir/all.pcap" "$dir/broken.pcap" >"$dir/errors" 2>&1
	tshark -n -X "$lua" -r "$dir/broken.pcap" -V >"$dir/shown" 2>"$dir/errors" || failed=1
	if grep -h 'Lua' "$dir/shown" "$dir/errors"; then
		echo "the dissector stumbles (editcap --seed $seed)"
		failed=1
	fi
	seed=$((seed + 1))
done
exit $failed
