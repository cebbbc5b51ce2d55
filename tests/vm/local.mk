# Debian's kernel in a virtual machine: ./run vm.
EXTRA_DIST += tests/vm/guest.sh tests/vm/init.sh tests/vm/kernel.py tests/vm/vm.py
