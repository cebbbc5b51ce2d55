-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- For Wireshark and tshark: what their Mobile IPv6 and ICMPv6 dissectors do not show, or show wrongly.
--
--   Anchoring D-GW option      the extended Binding Update (docs/protocol.md), inside RFC 5096
--   authentication option      RFC 4285: the subtype's name, the whole authenticator, the status codes
--   message identifier option  RFC 4285: the time in it
--   revocation acknowledgement RFC 5846: the names of the statuses
--   PvD option                 RFC 8801: the operator's name
--
-- A post-dissector: it adds a tree of its own and changes none of theirs. Filters: mip6x.anchor, mip6x.pvd
-- and so on; `tshark -G fields | grep mip6x` lists them. Install it in the folder that Help, About,
-- Folders calls Global or Personal Lua Plugins, or load it by `-X lua_script:mip6.lua`.

local BA, REVOCATION = 6, 16
local OPTIONS_AT = { -- from the start of the Mobility Header: where each message's options begin
	[0] = 8, [1] = 16, [2] = 16, [3] = 24, [4] = 24, [5] = 12, [6] = 12, [7] = 24, [13] = 12, [16] = 12,
}
local MH_PAD1, MH_AUTH, MH_MESG_ID, MH_EXPERIMENTAL = 0, 9, 10, 18
local ANCHOR_SUBTYPE, ANCHOR_LENGTH = 1, 18
local ND_PVD = 21
local UNIX_OF_NTP = 2208988800 -- seconds from 1900 to 1970

local ba_status = {
	[144] = "MIPV6-ID-MISMATCH", [145] = "MIPV6-MESG-ID-REQD", [146] = "MIPV6-AUTH-FAIL",
}
local bra_status = {
	[0] = "success", [1] = "partial success", [128] = "Binding Does NOT Exist",
	[129] = "IPv4 Home Address Option Required", [130] = "Global Revocation NOT Authorized",
	[131] = "Revoked Mobile Nodes Identity Required", [132] = "Revocation Failed - MN is Attached",
	[133] = "Revocation Trigger NOT Supported", [134] = "Revocation Function NOT Supported",
	[135] = "Proxy Binding Revocation NOT Supported",
}

local mip6x = Proto("mip6x", "Mobile IPv6 with distributed gateways")
local f = {
	anchor = ProtoField.ipv6("mip6x.anchor", "Anchoring D-GW"),
	anchor_subtype = ProtoField.uint8("mip6x.anchor.subtype", "Subtype"),
	anchor_reserved = ProtoField.uint8("mip6x.anchor.reserved", "Reserved"),
	auth_subtype = ProtoField.uint8("mip6x.auth.subtype", "Subtype", base.DEC,
		{ [1] = "MN-HA", [2] = "MN-AAA" }),
	auth_spi = ProtoField.uint32("mip6x.auth.spi", "Mobility SPI"),
	auth_data = ProtoField.bytes("mip6x.auth.data", "Authentication data"),
	mesg_id = ProtoField.absolute_time("mip6x.mesg_id", "Message identifier", base.UTC),
	ba_status = ProtoField.uint8("mip6x.ba.status", "Status", base.DEC, ba_status),
	bra_status = ProtoField.uint8("mip6x.bra.status", "Status", base.DEC, bra_status),
	pvd = ProtoField.string("mip6x.pvd", "PvD ID"),
	pvd_h = ProtoField.bool("mip6x.pvd.h_flag", "HTTP (H) flag", 8, nil, 0x80),
	pvd_l = ProtoField.bool("mip6x.pvd.l_flag", "Legacy (L) flag", 8, nil, 0x40),
	pvd_r = ProtoField.bool("mip6x.pvd.r_flag", "Router Advertisement (R) flag", 8, nil, 0x20),
	pvd_delay = ProtoField.uint16("mip6x.pvd.delay", "Delay", base.DEC, nil, 0x000f),
	pvd_seq = ProtoField.uint16("mip6x.pvd.seq", "Sequence number"),
}
local e = {
	length = ProtoExpert.new("mip6x.anchor.bad_length", "Anchoring D-GW option of a wrong length",
		expert.group.MALFORMED, expert.severity.WARN),
	several = ProtoExpert.new("mip6x.anchor.several", "more than one Anchoring D-GW option",
		expert.group.PROTOCOL, expert.severity.WARN),
	pvd = ProtoExpert.new("mip6x.pvd.bad", "PvD option that cannot be read",
		expert.group.MALFORMED, expert.severity.WARN),
}
mip6x.fields = {}
for _, field in pairs(f) do
	table.insert(mip6x.fields, field)
end
mip6x.experts = { e.length, e.several, e.pvd }

local mobility_headers = Field.new("mipv6")
local nd_options = Field.new("icmpv6.opt")

-- The tree is made when there is something to show in it.
local function lazy_tree(root)
	local tree
	return function(range)
		tree = tree or root:add(mip6x, range)
		return tree
	end
end

local function show_anchor(tree, option, before, pinfo)
	local item = tree(option):add(option, "Mobility Option - Anchoring D-GW (experimental, subtype 1)")

	item:add(f.anchor_subtype, option(2, 1))
	if option(1, 1):uint() ~= ANCHOR_LENGTH then
		item:add_proto_expert_info(e.length)
		return
	end
	item:add(f.anchor_reserved, option(3, 1))
	item:add(f.anchor, option(4, 16))
	item:append_text(": " .. tostring(option(4, 16):ipv6()))
	if before > 0 then
		item:add_proto_expert_info(e.several)
	end
	pinfo.cols.info:append(", anchor " .. tostring(option(4, 16):ipv6()))
end

local function show_auth(tree, option)
	local item = tree(option):add(option, "Mobility Option - Authentication")

	if option:len() < 8 then
		return
	end
	item:add(f.auth_subtype, option(2, 1))
	item:add(f.auth_spi, option(3, 4))
	item:add(f.auth_data, option(7))
end

local function show_mesg_id(tree, option)
	local seconds, fraction

	if option:len() ~= 10 then
		return
	end
	seconds, fraction = option(2, 4):uint(), option(6, 4):uint()
	if seconds < UNIX_OF_NTP then
		return -- no time of day of ours: another kind of replay protection
	end
	tree(option):add(f.mesg_id, option(2, 8),
		NSTime.new(seconds - UNIX_OF_NTP, math.floor(fraction * 1000000000 / 4294967296)))
end

local function show_mh(tree, mh, pinfo)
	local at, anchors = nil, 0
	local kind = mh:len() >= 8 and mh(2, 1):uint() or -1

	if kind == BA and mh:len() >= 7 and ba_status[mh(6, 1):uint()] then
		tree(mh):add(f.ba_status, mh(6, 1))
	elseif kind == REVOCATION and mh(6, 1):uint() == 2 then
		tree(mh):add(f.bra_status, mh(7, 1))
	end
	at = OPTIONS_AT[kind] or mh:len()
	while at < mh:len() do
		local option_type = mh(at, 1):uint()
		local len

		if option_type == MH_PAD1 then
			at = at + 1
		else
			if at + 2 > mh:len() or at + 2 + mh(at + 1, 1):uint() > mh:len() then
				return -- the other dissector complains
			end
			len = mh(at + 1, 1):uint()
			local option = mh(at, 2 + len)
			if option_type == MH_EXPERIMENTAL and len > 0 and mh(at + 2, 1):uint() == ANCHOR_SUBTYPE then
				show_anchor(tree, option, anchors, pinfo)
				anchors = anchors + 1
			elseif option_type == MH_AUTH then
				show_auth(tree, option)
			elseif option_type == MH_MESG_ID then
				show_mesg_id(tree, option)
			end
			at = at + 2 + len
		end
	end
end

-- An FQDN as in RFC 1035 section 3.1, uncompressed; nil when it is not one.
local function read_name(range)
	local labels, at = {}, 0

	while at < range:len() do
		local len = range(at, 1):uint()
		if len == 0 then
			return table.concat(labels, "."), at + 1
		end
		if len > 63 or at + 1 + len > range:len() then
			return nil
		end
		table.insert(labels, range(at + 1, len):string())
		at = at + 1 + len
	end
	return nil
end

local function show_pvd(tree, option)
	local item = tree(option):add(option, "ICMPv6 Option - PvD")
	local name, len

	if option:len() >= 8 then
		name, len = read_name(option(6))
	end
	if not name then
		item:add_proto_expert_info(e.pvd)
		return
	end
	item:append_text(": " .. name)
	item:add(f.pvd_h, option(2, 1))
	item:add(f.pvd_l, option(2, 1))
	item:add(f.pvd_r, option(2, 1))
	item:add(f.pvd_delay, option(2, 2))
	item:add(f.pvd_seq, option(4, 2))
	item:add(f.pvd, option(6, len), name)
end

function mip6x.dissector(_, pinfo, root)
	local tree = lazy_tree(root)

	for _, header in ipairs({ mobility_headers() }) do
		show_mh(tree, header.range, pinfo)
	end
	for _, option in ipairs({ nd_options() }) do
		if option.len > 0 and option.range(0, 1):uint() == ND_PVD then
			show_pvd(tree, option.range)
		end
	end
end

register_postdissector(mip6x)
