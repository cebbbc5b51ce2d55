# mip6-dgwd, the D-GW daemon.
