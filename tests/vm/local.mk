# UMIP's daemons against ours: ./run interop.
EXTRA_DIST += tests/interop/run.py tests/interop/umip.py tests/interop/as_ha.py \
	tests/interop/as_mn.py tests/interop/sas.py tests/interop/test_ha.py tests/interop/test_mn.py \
	tests/interop/test_ipsec_ha.py tests/interop/test_ipsec_mn.py tests/interop/keying.py \
	tests/interop/test_ike_ha.py tests/interop/test_ike_mn.py tests/interop/test_ike_flag.py \
	tests/interop/test_payload_ha.py
# Debian's kernel in a virtual machine: ./run vm.
EXTRA_DIST += tests/vm/guest.sh tests/vm/init.sh tests/vm/kernel.py tests/vm/vm.py
