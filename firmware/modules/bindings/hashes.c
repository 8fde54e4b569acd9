/* Hashes of the wire. runtime/wire/proofs.py has what they mean, under the same names. */
#include "hashes.h"

#include "../faces.h"
#include "hkdf.h"
#include "sha3.h"
#include "values.h"

#define DIGEST 32
#define LEAVES 256 /* of a commitment */
#define PRIVATE 128 /* what the salt of an event's private fields is counted from */

struct piece {
    const void *bytes;
    size_t size;
};

/* SHA3-256 of a label and what follows it. */
static void hash(byte digest[DIGEST], const char *label, const struct piece *pieces, size_t count)
{
    struct sponge sponge;
    sha3_256_start(&sponge);
    sponge_absorb(&sponge, (const uint8_t *)label, strlen(label));
    for (size_t i = 0; i < count; i++)
        sponge_absorb(&sponge, pieces[i].bytes, pieces[i].size);
    sponge_finish(&sponge);
    sponge_squeeze(&sponge, digest, DIGEST);
    sponge_wipe(&sponge);
}

static struct piece piece_of(mp_obj_t object)
{
    mp_buffer_info_t bytes = bytes_of(object);
    return (struct piece){bytes.buf, bytes.len};
}

/* make_id(tag, *fields): hash of their canonical array. */
static mp_obj_t make_id(size_t n_args, const mp_obj_t *args)
{
    byte first[MOSTLY], *digest;
    struct out out = {first, sizeof first, 0};
    mp_obj_t id = new_bytes(DIGEST, &digest);
    pack_array(&out, args, n_args, MSGPACK_DEPTH);
    if (out.size <= sizeof first) {
        sha3_256(digest, first, out.size);
        return id;
    }
    size_t size = out.room = out.size;
    out.at = m_new(byte, size);
    out.size = 0;
    pack_array(&out, args, n_args, MSGPACK_DEPTH);
    sha3_256(digest, out.at, size);
    m_del(byte, out.at, size);
    return id;
}
MP_DEFINE_CONST_FUN_OBJ_VAR(make_id_obj, 1, make_id);

/* hmac_sha3(key, message) */
static mp_obj_t hmac_sha3(mp_obj_t key_in, mp_obj_t message_in)
{
    struct piece key = piece_of(key_in), message = piece_of(message_in);
    byte *mac;
    mp_obj_t result = new_bytes(HMAC_BYTES, &mac);
    hmac_sha3_256(mac, key.bytes, key.size, message.bytes, message.size);
    return result;
}
MP_DEFINE_CONST_FUN_OBJ_2(hmac_sha3_obj, hmac_sha3);

static void hash_node(byte node[DIGEST], const byte *left, const byte *right)
{
    hash(node, "\x01", (struct piece[]){{left, DIGEST}, {right, DIGEST}}, 2);
}

/* node_hash(left, right) */
static mp_obj_t node_hash(mp_obj_t left, mp_obj_t right)
{
    byte *node;
    mp_obj_t result = new_bytes(DIGEST, &node);
    hash_node(node, bytes_of_size(left, DIGEST, "left node"),
              bytes_of_size(right, DIGEST, "right node"));
    return result;
}
MP_DEFINE_CONST_FUN_OBJ_2(node_hash_obj, node_hash);

/* leaf_hash(salt, header, digest) */
static mp_obj_t leaf_hash(mp_obj_t salt, mp_obj_t header, mp_obj_t digest)
{
    byte *leaf;
    mp_obj_t result = new_bytes(DIGEST, &leaf);
    struct piece pieces[] = {{"", 1}, piece_of(salt), piece_of(packed(header)), piece_of(digest)};
    hash(leaf, "", pieces, 4);
    return result;
}
MP_DEFINE_CONST_FUN_OBJ_3(leaf_hash_obj, leaf_hash);

static void hash_salt(byte salt[DIGEST], struct piece blind, size_t index)
{
    byte counted = (byte)index;
    hash(salt, "optin/v1/part-salt", (struct piece[]){blind, {&counted, 1}}, 2);
}

/* part_salt(blind, index) */
static mp_obj_t part_salt(mp_obj_t blind, mp_obj_t index)
{
    byte *salt;
    mp_int_t number = mp_obj_get_int(index);
    mp_obj_t result = new_bytes(DIGEST, &salt);
    if (number < 0 || number > 255)
        mp_raise_ValueError(MP_ERROR_TEXT("a part has an index of 0 to 255"));
    hash_salt(salt, piece_of(blind), (size_t)number);
    return result;
}
MP_DEFINE_CONST_FUN_OBJ_2(part_salt_obj, part_salt);

static void hash_part(byte digest[DIGEST], struct piece salt, struct piece content)
{
    hash(digest, "optin/v1/part", (struct piece[]){salt, content}, 2);
}

/* part_digest(salt, content) */
static mp_obj_t part_digest(mp_obj_t salt, mp_obj_t content)
{
    byte *digest;
    mp_obj_t result = new_bytes(DIGEST, &digest);
    hash_part(digest, piece_of(salt), piece_of(content));
    return result;
}
MP_DEFINE_CONST_FUN_OBJ_2(part_digest_obj, part_digest);

/* Part an event by what `hidden`, a dict from names of events, says to be private. False if it does
 * not know the event, or if that has another form. */
static bool part(struct faces *faces, struct piece event, mp_map_t *hidden)
{
    struct faces_name name;
    if (faces_name(&name, event.bytes, event.size))
        return false;
    mp_obj_str_t key = {
        {&mp_type_str}, qstr_compute_hash(name.bytes, name.size), name.size, name.bytes,
    };
    mp_map_elem_t *known = mp_map_lookup(hidden, MP_OBJ_FROM_PTR(&key), MP_MAP_LOOKUP);
    if (!known)
        return false;
    struct piece mask = piece_of(known->value);
    return !faces_part(faces, event.bytes, event.size, mask.bytes, mask.size);
}

static mp_map_t *map_of(mp_obj_t dict)
{
    if (!mp_obj_is_type(dict, &mp_type_dict))
        mp_raise_TypeError(MP_ERROR_TEXT("what is private must be a dict"));
    return mp_obj_dict_get_map(dict);
}

/* faces(content, hidden): (shown, own), or None for an event that `hidden` does not know. */
static mp_obj_t faces(mp_obj_t content_in, mp_obj_t hidden)
{
    struct piece content = piece_of(content_in);
    struct faces faces;
    mp_obj_t shown = new_bytes(content.size, &faces.shown);
    mp_obj_t own = new_bytes(content.size, &faces.own);
    if (!part(&faces, content, map_of(hidden)))
        return mp_const_none;
    mp_obj_t both[] = {shortened(shown, faces.shown_size), shortened(own, faces.own_size)};
    return mp_obj_new_tuple(2, both);
}
MP_DEFINE_CONST_FUN_OBJ_2(faces_obj, faces);

/* Digest of event `index` of a body, both of its faces made in `faces`. */
static void hash_event(byte digest[DIGEST], struct piece blind, size_t index,
                       const struct faces *faces)
{
    byte salt[DIGEST], shown[DIGEST], own[DIGEST];
    hash_salt(salt, blind, index);
    hash_part(shown, (struct piece){salt, DIGEST}, (struct piece){faces->shown, faces->shown_size});
    if (!faces->own_size) {
        memcpy(digest, shown, DIGEST);
        return;
    }
    hash_salt(salt, blind, index + PRIVATE);
    hash_part(own, (struct piece){salt, DIGEST}, (struct piece){faces->own, faces->own_size});
    hash(digest, "optin/v1/two-faces", (struct piece[]){{shown, DIGEST}, {own, DIGEST}}, 2);
}

/* parts_of(blind, command, events, hidden): (digest of the command, [of each event]), or None if
 * `hidden` does not know one of them. */
static mp_obj_t parts_of(size_t n_args, const mp_obj_t *args)
{
    (void)n_args;
    struct piece blind = piece_of(args[0]), command = piece_of(args[1]);
    mp_map_t *hidden = map_of(args[3]);
    size_t count, room = 1;
    mp_obj_t *events;
    byte salt[DIGEST], *digest;
    if (!items_of(args[2], &count, &events) || count >= PRIVATE)
        return mp_const_none;
    for (size_t i = 0; i < count; i++)
        room = MAX(room, piece_of(events[i]).size);

    struct faces faces = {.shown = m_new(byte, room), .own = m_new(byte, room)};
    mp_obj_t all = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < count; i++) {
        if (!part(&faces, piece_of(events[i]), hidden))
            return mp_const_none;
        mp_obj_list_append(all, new_bytes(DIGEST, &digest));
        hash_event(digest, blind, i + 1, &faces);
    }
    m_del(byte, faces.shown, room);
    m_del(byte, faces.own, room);
    mp_obj_t both[] = {new_bytes(DIGEST, &digest), all};
    hash_salt(salt, blind, 0);
    hash_part(digest, (struct piece){salt, DIGEST}, command);
    return mp_obj_new_tuple(2, both);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(parts_of_obj, 4, 4, parts_of);

/* hidden_leaves(seed) */
static mp_obj_t hidden_leaves(mp_obj_t seed_in)
{
    static const char label[] = "optin/v1/leaves";
    struct piece seed = piece_of(seed_in);
    struct sponge sponge;
    mp_obj_t leaves = mp_obj_new_list(LEAVES, NULL), *items;
    byte *bytes = m_new(byte, LEAVES * DIGEST);
    size_t count;
    mp_obj_list_get(leaves, &count, &items);
    for (size_t i = 0; i < LEAVES; i++)
        items[i] = mp_const_none;
    shake256_start(&sponge);
    sponge_absorb(&sponge, (const uint8_t *)label, strlen(label));
    sponge_absorb(&sponge, seed.bytes, seed.size);
    sponge_finish(&sponge);
    sponge_squeeze(&sponge, bytes, LEAVES * DIGEST);
    sponge_wipe(&sponge);
    for (size_t i = 0; i < LEAVES; i++)
        items[i] = copied_bytes(bytes + DIGEST * i, DIGEST);
    m_del(byte, bytes, LEAVES * DIGEST);
    return leaves;
}
MP_DEFINE_CONST_FUN_OBJ_1(hidden_leaves_obj, hidden_leaves);

/* commitment_tree(leaves) */
static mp_obj_t commitment_tree(mp_obj_t leaves_in)
{
    mp_obj_t *leaves = items_of_count(leaves_in, LEAVES, "leaves");
    byte *nodes;
    mp_obj_t tree = new_bytes((2 * LEAVES - 1) * DIGEST, &nodes);
    for (size_t i = 0; i < LEAVES; i++)
        memcpy(nodes + DIGEST * i, bytes_of_size(leaves[i], DIGEST, "leaf"), DIGEST);
    for (size_t i = 0; i < LEAVES - 1; i++) {
        const byte *pair = nodes + 2 * DIGEST * i;
        hash_node(nodes + DIGEST * (LEAVES + i), pair, pair + DIGEST);
    }
    return tree;
}
MP_DEFINE_CONST_FUN_OBJ_1(commitment_tree_obj, commitment_tree);
