# UMIP's daemons against ours: ./run interop.
EXTRA_DIST += tests/interop/run.py tests/interop/test_ha.py tests/interop/test_ipsec.py \
	tests/interop/test_mn.py tests/interop/umip.py
# Debian's kernel in a virtual machine: ./run vm.
EXTRA_DIST += tests/vm/guest.sh tests/vm/init.sh tests/vm/kernel.py tests/vm/vm.py
