/* The module `hashlib`: sha3_256, shake_128 and shake_256, as the standard library has them. */
#include "objects.h"
#include "sha3.h"

/* An algorithm. */
struct algorithm {
    void (*start)(struct sponge *sponge);
    uint16_t name;
    uint8_t block_size, digest_size; /* bytes; a digest size of 0 is that of the caller's choice */
};

/* A hash object. What was given at first is hashed when its digest is asked for, so that all but
 * those that are fed in pieces need no state of their own. */
struct hash {
    mp_obj_base_t base;
    const struct algorithm *algorithm;
    mp_obj_t first; /* bytes */
    struct sponge *sponge; /* NULL as long as there are but the first */
};

static const mp_obj_type_t hash_type;

static mp_obj_t new_hash(const struct algorithm *algorithm, size_t n_args, const mp_obj_t *args)
{
    mp_obj_t first = n_args ? args[0] : mp_const_empty_bytes;
    if (!mp_obj_is_exact_type(first, &mp_type_bytes)) {
        mp_buffer_info_t data = bytes_of(first);
        first = copied_bytes(data.buf, data.len);
    }
    struct hash *hash = mp_obj_malloc(struct hash, &hash_type);
    hash->algorithm = algorithm;
    hash->first = first;
    hash->sponge = NULL;
    return MP_OBJ_FROM_PTR(hash);
}

static const struct algorithm sha3_256_algorithm = {
    sha3_256_start, MP_QSTR_sha3_256, SHA3_256_RATE, 32,
};
static const struct algorithm shake_128_algorithm = {
    shake128_start, MP_QSTR_shake_128, SHAKE128_RATE, 0,
};
static const struct algorithm shake_256_algorithm = {
    shake256_start, MP_QSTR_shake_256, SHAKE256_RATE, 0,
};

static mp_obj_t new_sha3_256(size_t n_args, const mp_obj_t *args)
{
    return new_hash(&sha3_256_algorithm, n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sha3_256_obj, 0, 1, new_sha3_256);

static mp_obj_t new_shake_128(size_t n_args, const mp_obj_t *args)
{
    return new_hash(&shake_128_algorithm, n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(shake_128_obj, 0, 1, new_shake_128);

static mp_obj_t new_shake_256(size_t n_args, const mp_obj_t *args)
{
    return new_hash(&shake_256_algorithm, n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(shake_256_obj, 0, 1, new_shake_256);

/* A sponge that has absorbed the first bytes. */
static void start(const struct hash *hash, struct sponge *sponge)
{
    mp_buffer_info_t data = bytes_of(hash->first);
    hash->algorithm->start(sponge);
    sponge_absorb(sponge, data.buf, data.len);
}

static mp_obj_t update(mp_obj_t self_in, mp_obj_t data_in)
{
    struct hash *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t data = bytes_of(data_in);
    if (!self->sponge) {
        self->sponge = m_new_obj(struct sponge);
        start(self, self->sponge);
        self->first = mp_const_empty_bytes;
    }
    sponge_absorb(self->sponge, data.buf, data.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(update_obj, update);

static mp_obj_t digest(size_t n_args, const mp_obj_t *args)
{
    struct hash *self = MP_OBJ_TO_PTR(args[0]);
    struct sponge sponge;
    mp_int_t size = self->algorithm->digest_size;
    byte *bytes;
    if ((size == 0) != (n_args == 2))
        mp_raise_TypeError(size ? MP_ERROR_TEXT("the digest has a size of its own")
                                : MP_ERROR_TEXT("digest needs a length in bytes"));
    if (n_args == 2)
        size = mp_obj_get_int(args[1]);
    if (size < 0)
        mp_raise_ValueError(MP_ERROR_TEXT("the length is negative"));
    mp_obj_t result = new_bytes((size_t)size, &bytes);
    if (self->sponge)
        sponge = *self->sponge;
    else
        start(self, &sponge);
    sponge_finish(&sponge);
    sponge_squeeze(&sponge, bytes, (size_t)size);
    sponge_wipe(&sponge);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(digest_obj, 1, 2, digest);

static mp_obj_t hexdigest(size_t n_args, const mp_obj_t *args)
{
    mp_buffer_info_t bytes = bytes_of(digest(n_args, args));
    vstr_t text;
    vstr_init(&text, 2 * bytes.len);
    for (size_t i = 0; i < bytes.len; i++)
        vstr_printf(&text, "%02x", ((const byte *)bytes.buf)[i]);
    return mp_obj_new_str_from_vstr(&text);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(hexdigest_obj, 1, 2, hexdigest);

static void attribute(mp_obj_t self_in, qstr name, mp_obj_t *destination)
{
    const struct algorithm *algorithm = ((struct hash *)MP_OBJ_TO_PTR(self_in))->algorithm;
    if (destination[0] != MP_OBJ_NULL)
        return;
    if (name == MP_QSTR_name)
        destination[0] = MP_OBJ_NEW_QSTR(algorithm->name);
    else if (name == MP_QSTR_digest_size)
        destination[0] = MP_OBJ_NEW_SMALL_INT(algorithm->digest_size);
    else if (name == MP_QSTR_block_size)
        destination[0] = MP_OBJ_NEW_SMALL_INT(algorithm->block_size);
    else
        destination[1] = MP_OBJ_SENTINEL;
}

static const mp_rom_map_elem_t methods_table[] = {
    {MP_ROM_QSTR(MP_QSTR_update), MP_ROM_PTR(&update_obj)},
    {MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&digest_obj)},
    {MP_ROM_QSTR(MP_QSTR_hexdigest), MP_ROM_PTR(&hexdigest_obj)},
};
static MP_DEFINE_CONST_DICT(methods, methods_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    hash_type, MP_QSTR_HASH, MP_TYPE_FLAG_NONE, attr, attribute, locals_dict, &methods);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_hashlib)},
    {MP_ROM_QSTR(MP_QSTR_sha3_256), MP_ROM_PTR(&sha3_256_obj)},
    {MP_ROM_QSTR(MP_QSTR_shake_128), MP_ROM_PTR(&shake_128_obj)},
    {MP_ROM_QSTR(MP_QSTR_shake_256), MP_ROM_PTR(&shake_256_obj)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t hashlib_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_hashlib, hashlib_module);
