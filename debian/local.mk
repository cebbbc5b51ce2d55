# Debian packaging: dpkg-buildpackage -us -uc -b.
EXTRA_DIST += \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/libmip6-0.install \
	debian/libmip6-dev.install \
	debian/mip6-dgw.dirs \
	debian/mip6-dgw.examples \
	debian/mip6-dgw.install \
	debian/mip6-mn.dirs \
	debian/mip6-mn.examples \
	debian/mip6-mn.install \
	debian/mip6-tools.docs \
	debian/mip6-tools.install \
	debian/not-installed \
	debian/rules \
	debian/source/format
