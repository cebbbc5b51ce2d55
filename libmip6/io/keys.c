// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The identities of a D-GW: up to a million, so they are kept compactly (one array of identities,
 * one of security associations, one of home prefixes, one of octets for NAIs and keys) and made up
 * into a struct ha_identity when the core asks. Two hash tables with open addressing find them by
 * NAI and by home prefix; the search for an owner goes through the prefix lengths that occur,
 * longest first.
 */
#include "io/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/keys_text.h"
#include "io/log.h"

#define KEYS_NONE UINT32_MAX
#define KEYS_IDENTITIES_MAX 1000000
#define KEYS_HOMES_MAX 64 /* of one identity */

struct keys_sa {
	uint32_t spi;
	uint32_t key;  /* offset in octets */
	uint32_t next; /* of the same identity; KEYS_NONE: last */
	uint8_t key_len;
	uint8_t algorithm; /* enum mip6_auth_algorithm */
};

struct keys_identity {
	uint32_t nai; /* offset in octets, NUL-terminated */
	uint32_t sa;  /* the first */
	uint32_t home, home_count;
};

/* An array that grows; what it leaves behind is wiped. */
struct keys_array {
	void *v;
	size_t count, cap, size; /* elements; octets of one */
};

struct keys_table {
	uint32_t *slots; /* index plus 1; 0: free */
	size_t slot_count, used;
};

struct keys {
	struct keys_array identities; /* struct keys_identity */
	struct keys_array sas;        /* struct keys_sa */
	struct keys_array homes;      /* struct mip6_prefix */
	struct keys_array owners;     /* uint32_t: identity of each home */
	struct keys_array octets;
	struct keys_array peers;      /* struct ha_peer */
	struct keys_array esp;        /* struct keys_esp */
	struct keys_array esp_owners; /* struct ha_identity, of each of those */
	struct keys_array radius;     /* struct radius_server_config */
	struct keys_array gateways;   /* struct keys_esp */
	struct keys_table by_nai, by_home;
	uint32_t lengths[5]; /* bit n: a home prefix of length n occurs */
	struct {
		uint32_t index;
		struct ha_identity identity;
	} scratch[KEYS_SCRATCH];
	size_t scratch_next;
};

/* count more elements; their index, or KEYS_NONE without memory. */
static uint32_t array_add(struct keys_array *array, const void *elements, size_t count)
{
	size_t index = array->count;

	if (array->count + count > array->cap) {
		size_t cap = array->cap > 0 ? array->cap * 2 : 64;
		void *v;

		while (cap < array->count + count)
			cap *= 2;
		v = cap < KEYS_NONE ? malloc(cap * array->size) : NULL;
		if (v == NULL)
			return KEYS_NONE;
		if (array->v != NULL) {
			memcpy(v, array->v, array->count * array->size);
			mip6_auth_wipe(array->v, array->count * array->size);
			free(array->v);
		}
		array->v = v;
		array->cap = cap;
	}
	if (count > 0)
		memcpy((char *)array->v + index * array->size, elements, count * array->size);
	array->count += count;
	return (uint32_t)index;
}

static void array_free(struct keys_array *array)
{
	if (array->v != NULL)
		mip6_auth_wipe(array->v, array->cap * array->size);
	free(array->v);
}

static uint64_t hash_octets(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

static const char *nai_of(const struct keys *keys, uint32_t index)
{
	const struct keys_identity *identities = keys->identities.v;

	return (const char *)keys->octets.v + identities[index].nai;
}

static uint64_t nai_hash(const char *nai)
{
	return hash_octets(nai, strlen(nai));
}

static uint64_t home_hash(const struct mip6_prefix *prefix)
{
	uint8_t data[17];

	memcpy(data, prefix->addr.b, 16);
	data[16] = prefix->len;
	return hash_octets(data, sizeof(data));
}

static uint64_t home_hash_at(const struct keys *keys, uint32_t index)
{
	const struct mip6_prefix *homes = keys->homes.v;

	return home_hash(&homes[index]);
}

static uint64_t nai_hash_at(const struct keys *keys, uint32_t index)
{
	return nai_hash(nai_of(keys, index));
}

/* Room for one more; hash_at gives the hash of an entry that is in the table. */
static bool table_reserve(struct keys *keys, struct keys_table *table,
                          uint64_t (*hash_at)(const struct keys *keys, uint32_t index))
{
	struct keys_table grown = {.slot_count = table->slot_count > 0 ? table->slot_count * 2 : 64,
	                           .used = table->used};

	if (2 * (table->used + 1) <= table->slot_count)
		return true;
	grown.slots = calloc(grown.slot_count, sizeof(*grown.slots));
	if (grown.slots == NULL)
		return false;
	for (size_t i = 0; i < table->slot_count; i++) {
		size_t slot;

		if (table->slots[i] == 0)
			continue;
		slot = hash_at(keys, table->slots[i] - 1) & (grown.slot_count - 1);
		while (grown.slots[slot] != 0)
			slot = (slot + 1) & (grown.slot_count - 1);
		grown.slots[slot] = table->slots[i];
	}
	free(table->slots);
	*table = grown;
	return true;
}

/* The entry of nai or KEYS_NONE; *ret_slot (may be NULL): where it is or belongs. */
static uint32_t find_nai(const struct keys *keys, const char *nai, size_t *ret_slot)
{
	const struct keys_table *table = &keys->by_nai;
	size_t slot;

	if (table->slot_count == 0)
		return KEYS_NONE;
	slot = nai_hash(nai) & (table->slot_count - 1);
	while (table->slots[slot] != 0 && strcmp(nai_of(keys, table->slots[slot] - 1), nai) != 0)
		slot = (slot + 1) & (table->slot_count - 1);
	if (ret_slot != NULL)
		*ret_slot = slot;
	return table->slots[slot] != 0 ? table->slots[slot] - 1 : KEYS_NONE;
}

static uint32_t find_home(const struct keys *keys, const struct mip6_prefix *prefix,
                          size_t *ret_slot)
{
	const struct keys_table *table = &keys->by_home;
	const struct mip6_prefix *homes = keys->homes.v;
	size_t slot;

	if (table->slot_count == 0)
		return KEYS_NONE;
	slot = home_hash(prefix) & (table->slot_count - 1);
	while (table->slots[slot] != 0 &&
	       !mip6_prefix_equal(&homes[table->slots[slot] - 1], prefix))
		slot = (slot + 1) & (table->slot_count - 1);
	if (ret_slot != NULL)
		*ret_slot = slot;
	return table->slots[slot] != 0 ? table->slots[slot] - 1 : KEYS_NONE;
}

/* One element of "identities" as it stands in the file. */
struct keys_entry {
	char nai[MIP6_NAI_MAX + 1];
	uint32_t spi;
	int algorithm;
	char key[KEYS_TEXT_MAX + 1];
	struct config_strings home;
};

struct keys_file {
	struct keys *keys;
};

static const char out_of_memory[] = "out of memory";

static const char *add_sa(struct keys *keys, struct keys_identity *identity,
                          const struct keys_entry *entry)
{
	uint8_t key[MIP6_AUTH_KEY_MAX];
	struct keys_sa sa = {
		.spi = entry->spi,
		.next = identity->sa,
		.algorithm = (uint8_t)keys_algorithm(entry->algorithm),
		.key_len = keys_parse(entry->key, key),
	};
	const struct keys_sa *sas = keys->sas.v;
	uint32_t index;
	size_t count = 0;

	for (uint32_t i = identity->sa; i != KEYS_NONE; i = sas[i].next, count++)
		if (sas[i].spi == entry->spi)
			return "this \"nai\" with this \"spi\" is in the file already";
	if (count >= HA_SA_MAX)
		return "this \"nai\" has more than 4 entries";
	sa.key = array_add(&keys->octets, key, sa.key_len);
	mip6_auth_wipe(key, sizeof(key));
	if (sa.key == KEYS_NONE)
		return out_of_memory;
	index = array_add(&keys->sas, &sa, 1);
	if (index == KEYS_NONE)
		return out_of_memory;
	identity->sa = index;
	return NULL;
}

static const char *add_home(struct keys *keys, uint32_t identity, const char *text)
{
	struct mip6_prefix prefix;
	uint32_t index;
	size_t slot;

	if (prefix_parse(text, &prefix) < 0)
		return "an element of \"home\" is neither an IPv6 address nor a prefix";
	if (!table_reserve(keys, &keys->by_home, home_hash_at))
		return out_of_memory;
	if (find_home(keys, &prefix, &slot) != KEYS_NONE)
		return "an element of \"home\" is in the file already";
	index = array_add(&keys->homes, &prefix, 1);
	if (index == KEYS_NONE || array_add(&keys->owners, &identity, 1) == KEYS_NONE)
		return out_of_memory;
	keys->by_home.slots[slot] = index + 1;
	keys->by_home.used++;
	keys->lengths[prefix.len / 32] |= 1u << prefix.len % 32;
	return NULL;
}

static const char *add_entry(void *target, void *object)
{
	struct keys *keys = ((struct keys_file *)target)->keys;
	const struct keys_entry *entry = object;
	struct keys_identity identity = {.sa = KEYS_NONE}, *kept;
	const char *wrong;
	uint32_t index;
	size_t slot;

	if (!table_reserve(keys, &keys->by_nai, nai_hash_at))
		return out_of_memory;
	index = find_nai(keys, entry->nai, &slot);
	if (index == KEYS_NONE) {
		if (keys->identities.count >= KEYS_IDENTITIES_MAX)
			return "more than 1000000 identities";
		identity.nai = array_add(&keys->octets, entry->nai, strlen(entry->nai) + 1);
		if (identity.nai == KEYS_NONE)
			return out_of_memory;
		index = array_add(&keys->identities, &identity, 1);
		if (index == KEYS_NONE)
			return out_of_memory;
		keys->by_nai.slots[slot] = index + 1;
		keys->by_nai.used++;
	}
	kept = (struct keys_identity *)keys->identities.v + index;
	wrong = add_sa(keys, kept, entry);
	if (wrong == NULL && entry->home.count > 0 && kept->home_count > 0)
		wrong = "an earlier entry of this \"nai\" has \"home\" already";
	if (wrong != NULL || entry->home.count == 0)
		return wrong;
	kept->home = (uint32_t)keys->homes.count;
	for (size_t i = 0; i < entry->home.count && wrong == NULL; i++)
		wrong = add_home(keys, index, entry->home.v[i]);
	kept->home_count = (uint32_t)keys->homes.count - kept->home;
	return wrong;
}

/* One element of "peers" as it stands in the file. */
struct keys_peer {
	struct mip6_addr address;
	char realm[MIP6_NAI_MAX + 1];
	uint32_t spi;
	int algorithm;
	char key[KEYS_TEXT_MAX + 1];
};

static struct ha_peer *find_peer(const struct keys *keys, const struct mip6_addr *addr)
{
	struct ha_peer *peers = keys->peers.v;

	for (size_t i = 0; i < keys->peers.count; i++)
		if (mip6_addr_equal(&peers[i].addr, addr))
			return &peers[i];
	return NULL;
}

const struct ha_peer *keys_find_peer(const struct keys *keys, const struct mip6_addr *addr)
{
	return find_peer(keys, addr);
}

static const char *add_peer(void *target, void *object)
{
	struct keys *keys = ((struct keys_file *)target)->keys;
	const struct keys_peer *entry = object;
	struct ha_peer *peer = find_peer(keys, &entry->address);

	if (peer == NULL) {
		struct ha_peer fresh = {.addr = entry->address};

		if (keys->peers.count >= KEYS_PEERS_MAX)
			return "more than 256 peers";
		memcpy(fresh.realm, entry->realm, sizeof(fresh.realm));
		if (array_add(&keys->peers, &fresh, 1) == KEYS_NONE)
			return out_of_memory;
		peer = find_peer(keys, &entry->address);
	} else if (strcmp(peer->realm, entry->realm) != 0) {
		return "an earlier entry of this \"address\" has another \"realm\"";
	}
	for (size_t i = 0; i < peer->sa_count; i++)
		if (peer->sa[i].spi == entry->spi)
			return "this \"address\" with this \"spi\" is in the file already";
	if (peer->sa_count == HA_SA_MAX)
		return "this \"address\" has more than 4 entries";
	keys_make_sa(entry->spi, entry->algorithm, entry->key, &peer->sa[peer->sa_count++]);
	return NULL;
}

static const char *add_esp(void *target, void *object)
{
	struct keys *keys = ((struct keys_file *)target)->keys;
	const struct keys_esp *others = keys->esp.v;
	struct ha_identity owner = {.home = NULL};
	struct keys_esp esp;
	const char *wrong = keys_esp_parse(object, &esp);

	if (wrong == NULL && keys->esp.count >= KEYS_ESP_MAX)
		wrong = "more than 1024 of \"sas\"";
	for (size_t i = 0; wrong == NULL && i < keys->esp.count; i++) {
		/* Both end here: what comes in is told apart by its SPI alone. */
		if (others[i].spi_in == esp.spi_in)
			wrong = "this \"spi-in\" is in the file already";
		else if (others[i].use == esp.use && mip6_prefix_equal(&others[i].home, &esp.home))
			wrong = "this \"home\" is in the file already";
	}
	if (wrong == NULL) {
		memcpy(owner.nai, esp.nai, sizeof(owner.nai));
		if (array_add(&keys->esp, &esp, 1) == KEYS_NONE ||
		    array_add(&keys->esp_owners, &owner, 1) == KEYS_NONE)
			wrong = out_of_memory;
	}
	mip6_auth_wipe(&esp, sizeof(esp));
	return wrong;
}

static const char *add_gateway(void *target, void *object)
{
	struct keys *keys = ((struct keys_file *)target)->keys;
	const struct keys_esp *others = keys->gateways.v, *sas = keys->esp.v;
	struct keys_esp esp;
	const char *wrong = keys_esp_parse(object, &esp);

	if (wrong == NULL && esp.use == KEYS_ESP_PAYLOAD)
		wrong = "\"payload\" is not for gateways";
	if (wrong == NULL && keys->gateways.count >= KEYS_PEERS_MAX)
		wrong = "more than 256 of \"gateways\"";
	for (size_t i = 0; wrong == NULL && i < keys->gateways.count; i++)
		if (others[i].spi_in == esp.spi_in ||
		    mip6_prefix_equal(&others[i].anchor, &esp.anchor))
			wrong = "this \"address\" or \"spi-in\" is in the file already";
	for (size_t i = 0; wrong == NULL && i < keys->esp.count; i++)
		if (sas[i].spi_in == esp.spi_in)
			wrong = "this \"spi-in\" is in the file already";
	if (wrong == NULL && array_add(&keys->gateways, &esp, 1) == KEYS_NONE)
		wrong = out_of_memory;
	mip6_auth_wipe(&esp, sizeof(esp));
	return wrong;
}

const struct keys_esp *keys_get_esp_gateway(const struct keys *keys, size_t index)
{
	return index < keys->gateways.count ? (const struct keys_esp *)keys->gateways.v + index
	                                    : NULL;
}

const struct keys_esp *keys_find_esp(const struct keys *keys, const struct mip6_addr *hoa,
                                     enum keys_esp_use use)
{
	return keys_esp_find(keys->esp.v, keys->esp.count, hoa, NULL, use);
}

const struct ha_identity *keys_find_esp_owner(const struct keys *keys, const struct mip6_addr *hoa)
{
	const struct keys_esp *esp = keys_find_esp(keys, hoa, KEYS_ESP_SIGNALLING);
	const struct ha_identity *owners = keys->esp_owners.v;

	return esp != NULL ? &owners[esp - (const struct keys_esp *)keys->esp.v] : NULL;
}

const struct keys_esp *keys_get_esp(const struct keys *keys, size_t index)
{
	return index < keys->esp.count ? (const struct keys_esp *)keys->esp.v + index : NULL;
}

static const char *check_peer(const void *value)
{
	return mip6_addr_is_routable(value) ? NULL : "not a global unicast address";
}

#define PEER(member) .offset = offsetof(struct keys_peer, member)

static const struct config_option peer_options[] = {
	{
		.key = "address",
		.type = CONFIG_ADDRESS,
		PEER(address),
		.check = check_peer,
		.doc = "Address of the other gateway.",
	},
	{
		.key = "realm",
		.type = CONFIG_STRING,
		PEER(realm),
		.size = MIP6_NAI_MAX + 1,
		.standard = "\"\"",
		.doc = "At a D-GW: realm of the identities that this PGW may speak for.",
	},
	KEYS_OPTION_SPI(PEER(spi), "peer"),
	KEYS_OPTION_ALGORITHM(PEER(algorithm), "peer"),
	KEYS_OPTION_KEY(PEER(key)),
	{.key = NULL},
};

/* One element of "radius" as it stands in the file. */
struct keys_radius {
	char realm[MIP6_NAI_MAX + 1];
	struct mip6_addr address;
	uint32_t port;
	char secret[RADIUS_SECRET_MAX + 1];
};

static const char *add_radius(void *target, void *object)
{
	struct keys *keys = ((struct keys_file *)target)->keys;
	const struct keys_radius *entry = object;
	const struct radius_server_config *servers = keys->radius.v;
	struct radius_server_config server = {.address = entry->address,
	                                      .port = (uint16_t)entry->port};
	size_t same = 0;
	uint32_t index;

	if (keys->radius.count >= RADIUS_SERVERS_MAX)
		return "more than 256 RADIUS servers";
	for (size_t i = 0; i < keys->radius.count; i++)
		same += strcmp(servers[i].realm, entry->realm) == 0;
	if (same >= RADIUS_REALM_SERVERS_MAX)
		return "this \"realm\" has more than 4 servers";
	memcpy(server.realm, entry->realm, sizeof(server.realm));
	memcpy(server.secret, entry->secret, sizeof(server.secret));
	index = array_add(&keys->radius, &server, 1);
	mip6_auth_wipe(&server, sizeof(server));
	return index == KEYS_NONE ? out_of_memory : NULL;
}

static const char *check_server(const void *value)
{
	const struct mip6_addr *addr = value;

	return !mip6_addr_is_unspecified(addr) && !mip6_addr_is_multicast(addr)
	               ? NULL
	               : "not a unicast address";
}

#define RADIUS(member) .offset = offsetof(struct keys_radius, member)

static const struct config_option radius_options[] = {
	{
		.key = "realm",
		.type = CONFIG_STRING,
		RADIUS(realm),
		.min = 1,
		.size = MIP6_NAI_MAX + 1,
		.doc = "Realm of the identities that this server is asked about.",
	},
	{
		.key = "address",
		.type = CONFIG_ADDRESS,
		RADIUS(address),
		.check = check_server,
		.doc = "Address of the server; an IPv4 one as ::ffff:192.0.2.1.",
	},
	{
		.key = "port",
		.type = CONFIG_UINT,
		RADIUS(port),
		.min = 1,
		.max = UINT16_MAX,
		.standard = "1812",
		.doc = "UDP port of the server.",
	},
	{
		.key = "secret",
		.type = CONFIG_STRING,
		RADIUS(secret),
		.min = KEYS_KEY_MIN,
		.size = RADIUS_SECRET_MAX + 1,
		.doc = "Secret that this gateway shares with the server.",
	},
	{.key = NULL},
};

#define ENTRY(member) .offset = offsetof(struct keys_entry, member)

static const struct config_option entry_options[] = {
	{
		.key = "nai",
		.type = CONFIG_STRING,
		ENTRY(nai),
		.min = 1,
		.size = MIP6_NAI_MAX + 1,
		.doc = "Network access identifier that the WTRU sends (RFC 4283).",
	},
	KEYS_OPTION_SPI(ENTRY(spi), "WTRU"),
	KEYS_OPTION_ALGORITHM(ENTRY(algorithm), "WTRU"),
	KEYS_OPTION_KEY(ENTRY(key)),
	{
		.key = "home",
		.type = CONFIG_STRINGS,
		ENTRY(home),
		.max = KEYS_HOMES_MAX,
		.standard = "[]",
		.doc = "Home addresses and prefixes that are this identity's alone.",
	},
	{.key = NULL},
};

const struct config_option keys_options[] = {
	{
		.key = "identities",
		.type = CONFIG_EACH,
		.size = sizeof(struct keys_entry),
		.members = entry_options,
		.each = add_entry,
		.doc = "The identities that the D-GW serves.",
	},
	{
		.key = "peers",
		.type = CONFIG_EACH,
		.size = sizeof(struct keys_peer),
		.members = peer_options,
		.standard = "[]",
		.each = add_peer,
		.doc = "Gateways that authenticate messages with this one.",
	},
	{
		.key = "sas",
		.type = CONFIG_EACH,
		.size = sizeof(struct keys_esp_entry),
		.members = keys_esp_gateway_options,
		.standard = "[]",
		.each = add_esp,
		.doc = "Static security associations of ESP with WTRUs.",
	},
	{
		.key = "radius",
		.type = CONFIG_EACH,
		.size = sizeof(struct keys_radius),
		.members = radius_options,
		.standard = "[]",
		.each = add_radius,
		.doc = "At a D-GW: AAA servers to ask about WTRUs that have no key here.",
	},
	{
		.key = "gateways",
		.type = CONFIG_EACH,
		.size = sizeof(struct keys_esp_entry),
		.members = keys_esp_peer_options,
		.standard = "[]",
		.each = add_gateway,
		.doc = "Static security associations of ESP with other gateways.",
	},
	{.key = NULL},
};

/* Who may ask about a home address is who may bind it. */
static const char *check_prefix_pairs(const struct keys *keys)
{
	const struct keys_esp *sas = keys->esp.v, *pair;

	for (size_t i = 0; i < keys->esp.count; i++) {
		if (sas[i].use != KEYS_ESP_PREFIXES)
			continue;
		pair = keys_find_esp(keys, &sas[i].home.addr, KEYS_ESP_SIGNALLING);
		if (pair == NULL || pair->home.len > sas[i].home.len ||
		    strcmp(pair->nai, sas[i].nai) != 0)
			return "a pair with \"prefixes\" has no pair of the same \"nai\" for "
			       "Binding Updates";
	}
	return NULL;
}

int keys_read(struct keys **ret, const char *path, config_report report, void *ctx)
{
	struct keys_file file;
	const char *wrong;
	int err;

	file.keys = calloc(1, sizeof(*file.keys));
	if (file.keys == NULL)
		return -ENOMEM;
	file.keys->identities.size = sizeof(struct keys_identity);
	file.keys->sas.size = sizeof(struct keys_sa);
	file.keys->homes.size = sizeof(struct mip6_prefix);
	file.keys->owners.size = sizeof(uint32_t);
	file.keys->octets.size = 1;
	file.keys->peers.size = sizeof(struct ha_peer);
	file.keys->gateways.size = sizeof(struct keys_esp);
	file.keys->esp.size = sizeof(struct keys_esp);
	file.keys->esp_owners.size = sizeof(struct ha_identity);
	file.keys->radius.size = sizeof(struct radius_server_config);
	for (size_t i = 0; i < KEYS_SCRATCH; i++)
		file.keys->scratch[i].index = KEYS_NONE;
	err = config_read_secret(path, keys_options, &file, report, ctx);
	wrong = err == 0 ? check_prefix_pairs(file.keys) : NULL;
	if (wrong != NULL) {
		report(ctx, path, 0, wrong);
		err = -EINVAL;
	}
	if (err < 0) {
		keys_free(file.keys);
		return err;
	}
	*ret = file.keys;
	return 0;
}

/* The same identity has the same pointer while it is in the scratch space. */
static const struct ha_identity *make_up(struct keys *keys, uint32_t index)
{
	const struct keys_identity *kept = (const struct keys_identity *)keys->identities.v + index;
	const struct keys_sa *sas = keys->sas.v;
	struct ha_identity *identity;
	const char *nai = nai_of(keys, index);

	for (size_t i = 0; i < KEYS_SCRATCH; i++)
		if (keys->scratch[i].index == index)
			return &keys->scratch[i].identity;
	keys->scratch[keys->scratch_next].index = index;
	identity = &keys->scratch[keys->scratch_next].identity;
	keys->scratch_next = (keys->scratch_next + 1) % KEYS_SCRATCH;
	*identity = (struct ha_identity){.home_count = kept->home_count};
	memcpy(identity->nai, nai, strlen(nai) + 1);
	if (kept->home_count > 0)
		identity->home = (const struct mip6_prefix *)keys->homes.v + kept->home;
	for (uint32_t i = kept->sa; i != KEYS_NONE; i = sas[i].next) {
		struct mip6_auth_sa *sa = &identity->sa[identity->sa_count++];

		sa->spi = sas[i].spi;
		sa->algorithm = sas[i].algorithm;
		sa->key_len = sas[i].key_len;
		memcpy(sa->key, (const char *)keys->octets.v + sas[i].key, sas[i].key_len);
	}
	return identity;
}

const struct ha_identity *keys_find(struct keys *keys, const char *nai)
{
	uint32_t index = find_nai(keys, nai, NULL);

	return index != KEYS_NONE ? make_up(keys, index) : NULL;
}

const struct ha_identity *keys_find_owner(struct keys *keys, const struct mip6_addr *hoa)
{
	const uint32_t *owners = keys->owners.v;

	for (unsigned int len = 129; len-- > 0;) {
		struct mip6_prefix prefix;
		uint32_t index;

		if ((keys->lengths[len / 32] & 1u << len % 32) == 0)
			continue;
		prefix = mip6_prefix_make(hoa, (uint8_t)len);
		index = find_home(keys, &prefix, NULL);
		if (index != KEYS_NONE)
			return make_up(keys, owners[index]);
	}
	return NULL;
}

const struct radius_server_config *keys_radius(const struct keys *keys, size_t *ret_count)
{
	*ret_count = keys->radius.count;
	return keys->radius.v;
}

const struct ha_identity *keys_get(struct keys *keys, size_t index)
{
	return index < keys->identities.count ? make_up(keys, (uint32_t)index) : NULL;
}

size_t keys_count(const struct keys *keys)
{
	return keys->identities.count;
}

void keys_free(struct keys *keys)
{
	if (keys == NULL)
		return;
	array_free(&keys->identities);
	array_free(&keys->sas);
	array_free(&keys->homes);
	array_free(&keys->owners);
	array_free(&keys->octets);
	array_free(&keys->peers);
	array_free(&keys->esp);
	array_free(&keys->gateways);
	array_free(&keys->esp_owners);
	array_free(&keys->radius);
	free(keys->by_nai.slots);
	free(keys->by_home.slots);
	mip6_auth_wipe(keys, sizeof(*keys));
	free(keys);
}
