# systemd units, and the group of those who may look.
systemd_units = systemd/mip6-dgwd.service systemd/mip6-mnd.service
EXTRA_DIST += systemd/hardening.in systemd/mip6.sysusers \
	systemd/mip6-dgwd.service.in systemd/mip6-mnd.service.in
CLEANFILES += $(systemd_units)

if HAVE_SYSTEMD
systemdsystemunit_DATA = $(systemd_units)
sysusersdir = $(prefix)/lib/sysusers.d
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(sysusersdir)
	$(INSTALL_DATA) $(srcdir)/systemd/mip6.sysusers $(DESTDIR)$(sysusersdir)/mip6.conf
uninstall-local:
	rm -f $(DESTDIR)$(sysusersdir)/mip6.conf
endif

# Both daemons are confined alike.
$(systemd_units): %: $(srcdir)/%.in $(srcdir)/systemd/hardening.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	sed -e '/@HARDENING@/r $(srcdir)/systemd/hardening.in' -e '/@HARDENING@/d' \
		-e 's|@sbindir[@]|$(sbindir)|' -e 's|@sysconfdir[@]|$(sysconfdir)|' $(srcdir)/$@.in >$@.tmp && \
	mv $@.tmp $@
