/* The module `_crypto`: the algorithms of the crypto port, without its errors.
 *
 * firmware/node/crypto.py makes the port of it. Sizes that do not fit are a ValueError; whatever is
 * refused for its content gives None or False. Working memory is static and wiped by each
 * operation: there is one thread.
 */
#include "chacha20poly1305.h"
#include "mldsa/mldsa.h"
#include "mlkem/mlkem.h"
#include "objects.h"

#define KEY_BYTES 32
#define NONCE_BYTES 12

static union {
    struct mldsa_keygen_memory keygen;
    struct mldsa_sign_memory sign;
    struct mldsa_verify_memory verify;
    struct mlkem_keygen_memory kem_keygen;
    struct mlkem_memory encaps;
    struct mlkem_decaps_memory decaps;
} memory;

static mp_obj_t public_key(mp_obj_t seed_in)
{
    byte *key;
    const byte *seed = bytes_of_size(seed_in, MLDSA_SEED_BYTES, "seed");
    mp_obj_t result = new_bytes(MLDSA_PUBLIC_BYTES, &key);
    if (mldsa_keygen_twice(key, seed, &memory.keygen))
        mp_raise_msg(&mp_type_RuntimeError,
                     MP_ERROR_TEXT("the key came out different a second time: a fault"));
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_1(public_key_obj, public_key);

/* sign(seed, purpose, message, random) */
static mp_obj_t sign(size_t n_args, const mp_obj_t *args)
{
    byte *signature;
    const byte *seed = bytes_of_size(args[0], MLDSA_SEED_BYTES, "seed");
    mp_buffer_info_t purpose = bytes_of(args[1]), message = bytes_of(args[2]);
    const byte *random = bytes_of_size(args[3], MLDSA_RND_BYTES, "random part");
    if (purpose.len > MLDSA_CONTEXT_LIMIT)
        mp_raise_ValueError(MP_ERROR_TEXT("the purpose has more than 255 bytes"));
    mp_obj_t result = new_bytes(MLDSA_SIGNATURE_BYTES, &signature);
    if (mldsa_sign(signature, seed, random, purpose.buf, purpose.len, message.buf, message.len,
                   &memory.sign))
        mp_raise_msg(&mp_type_RuntimeError,
                     MP_ERROR_TEXT("no signature that verifies was made: a fault"));
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sign_obj, 4, 4, sign);

/* verify(public_key, purpose, message, signature) */
static mp_obj_t verify(size_t n_args, const mp_obj_t *args)
{
    mp_buffer_info_t key = bytes_of(args[0]), purpose = bytes_of(args[1]);
    mp_buffer_info_t message = bytes_of(args[2]), signature = bytes_of(args[3]);
    return mp_obj_new_bool(mldsa_verify(key.buf, key.len, signature.buf, signature.len,
                                        purpose.buf, purpose.len, message.buf, message.len,
                                        &memory.verify) == 0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(verify_obj, 4, 4, verify);

static mp_obj_t kem_public_key(mp_obj_t seed_in)
{
    byte *key;
    const byte *seed = bytes_of_size(seed_in, MLKEM_SEED_BYTES, "seed");
    mp_obj_t result = new_bytes(MLKEM_PUBLIC_BYTES, &key);
    mlkem_keygen(key, seed, &memory.kem_keygen);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_1(kem_public_key_obj, kem_public_key);

/* encapsulate(public_key, random): (shared secret, ciphertext), or None for a key that is none. */
static mp_obj_t encapsulate(mp_obj_t key_in, mp_obj_t random_in)
{
    byte *shared, *ciphertext;
    mp_obj_t result[2];
    mp_buffer_info_t key = bytes_of(key_in);
    const byte *random = bytes_of_size(random_in, MLKEM_MESSAGE_BYTES, "random part");
    result[0] = new_bytes(MLKEM_SHARED_BYTES, &shared);
    result[1] = new_bytes(MLKEM_CIPHERTEXT_BYTES, &ciphertext);
    if (mlkem_encaps(ciphertext, shared, key.buf, key.len, random, &memory.encaps))
        return mp_const_none;
    return mp_obj_new_tuple(2, result);
}
static MP_DEFINE_CONST_FUN_OBJ_2(encapsulate_obj, encapsulate);

static mp_obj_t decapsulate(mp_obj_t seed_in, mp_obj_t ciphertext_in)
{
    byte *shared;
    const byte *seed = bytes_of_size(seed_in, MLKEM_SEED_BYTES, "seed");
    const byte *ciphertext = bytes_of_size(ciphertext_in, MLKEM_CIPHERTEXT_BYTES, "ciphertext");
    mp_obj_t result = new_bytes(MLKEM_SHARED_BYTES, &shared);
    (void)mlkem_decaps(shared, seed, ciphertext, MLKEM_CIPHERTEXT_BYTES, &memory.decaps);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_2(decapsulate_obj, decapsulate);

/* aead_seal(key, nonce, content, context) */
static mp_obj_t aead_seal(size_t n_args, const mp_obj_t *args)
{
    byte *box;
    const byte *key = bytes_of_size(args[0], KEY_BYTES, "key");
    const byte *nonce = bytes_of_size(args[1], NONCE_BYTES, "nonce");
    mp_buffer_info_t content = bytes_of(args[2]), context = bytes_of(args[3]);
    mp_obj_t result = new_bytes(content.len + AEAD_TAG_BYTES, &box);
    chacha20poly1305_seal(box, box + content.len, content.buf, content.len, context.buf,
                          context.len, key, nonce);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(aead_seal_obj, 4, 4, aead_seal);

/* aead_open(key, nonce, box, context): the content, or None if the box is not authentic. */
static mp_obj_t aead_open(size_t n_args, const mp_obj_t *args)
{
    byte *content;
    const byte *key = bytes_of_size(args[0], KEY_BYTES, "key");
    const byte *nonce = bytes_of_size(args[1], NONCE_BYTES, "nonce");
    mp_buffer_info_t box = bytes_of(args[2]), context = bytes_of(args[3]);
    if (box.len < AEAD_TAG_BYTES)
        return mp_const_none;
    size_t size = box.len - AEAD_TAG_BYTES;
    mp_obj_t result = new_bytes(size, &content);
    if (chacha20poly1305_open(content, (const byte *)box.buf + size, box.buf, size, context.buf,
                              context.len, key, nonce))
        return mp_const_none;
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(aead_open_obj, 4, 4, aead_open);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__crypto)},
    {MP_ROM_QSTR(MP_QSTR_public_key), MP_ROM_PTR(&public_key_obj)},
    {MP_ROM_QSTR(MP_QSTR_sign), MP_ROM_PTR(&sign_obj)},
    {MP_ROM_QSTR(MP_QSTR_verify), MP_ROM_PTR(&verify_obj)},
    {MP_ROM_QSTR(MP_QSTR_kem_public_key), MP_ROM_PTR(&kem_public_key_obj)},
    {MP_ROM_QSTR(MP_QSTR_encapsulate), MP_ROM_PTR(&encapsulate_obj)},
    {MP_ROM_QSTR(MP_QSTR_decapsulate), MP_ROM_PTR(&decapsulate_obj)},
    {MP_ROM_QSTR(MP_QSTR_aead_seal), MP_ROM_PTR(&aead_seal_obj)},
    {MP_ROM_QSTR(MP_QSTR_aead_open), MP_ROM_PTR(&aead_open_obj)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t crypto_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR__crypto, crypto_module);
