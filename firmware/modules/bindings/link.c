/* The module `link`: Link, as runtime/wire/link.py has it, whose errors it raises. */
#include <stdarg.h>

#include "../link.h"

#include "objects.h"

enum { MESSAGE_COST = 32 }; /* what a waiting message takes beside its bytes */

/* Bytes that become an object. */
struct growing {
    byte *data;
    size_t size, room;
};

struct link_object {
    mp_obj_base_t base;
    mp_obj_t queue;  /* list of messages that wait */
    size_t queued;   /* bytes of them and what else they take */
    size_t outbox;   /* most of these */
    mp_obj_t ready;  /* list of messages that came */
    struct growing partial;
    struct link link;
};

static void grow(struct growing *bytes, size_t size)
{
    if (bytes->room - bytes->size > size) /* one more, as bytes objects end with a 0 */
        return;
    size_t room = bytes->size + size + 1;
    if (room < 2 * bytes->room)
        room = 2 * bytes->room;
    bytes->data = m_renew(byte, bytes->data, bytes->room, room);
    bytes->room = room;
}

static void add(struct growing *bytes, const byte *from, size_t size)
{
    grow(bytes, size);
    memcpy(bytes->data + bytes->size, from, size);
    bytes->size += size;
}

/* They are the object's from now on. */
static mp_obj_t finished(struct growing *bytes)
{
    mp_obj_t object = mp_const_empty_bytes;
    if (bytes->size)
        object = bytes_around(bytes->data, bytes->size);
    memset(bytes, 0, sizeof *bytes);
    return object;
}

/* What was sent or came is forgotten with its session. */
static void forget(struct link_object *self)
{
    self->queue = mp_obj_new_list(0, NULL);
    self->queued = 0;
    self->ready = mp_obj_new_list(0, NULL);
    memset(&self->partial, 0, sizeof self->partial);
}

static int64_t ms_of(mp_obj_t object)
{
    uint64_t number;
    bool negative;
    if (!mp_obj_is_int(object) || !int64_of(object, &number, &negative) || negative)
        mp_raise_ValueError(MP_ERROR_TEXT("a time is none: expected milliseconds from any origin"));
    return (int64_t)number;
}

static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
                         const mp_obj_t *args)
{
    enum { NONCE, RING, WINDOW, RETRANSMIT_MS, OUTBOX };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_nonce, MP_ARG_REQUIRED | MP_ARG_OBJ, {0}},
        {MP_QSTR_ring, MP_ARG_REQUIRED | MP_ARG_INT, {0}},
        {MP_QSTR_window, MP_ARG_INT, {.u_int = LINK_WINDOW}},
        {MP_QSTR_retransmit_ms, MP_ARG_INT, {.u_int = 250}},
        {MP_QSTR_outbox, MP_ARG_INT, {.u_int = 2 * LINK_MESSAGE_LIMIT}},
    };
    static const byte nobody[LINK_NONCE];
    mp_arg_val_t given[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed), allowed, given);
    mp_buffer_info_t nonce = bytes_of(given[NONCE].u_obj);
    mp_int_t ring = given[RING].u_int, window = given[WINDOW].u_int;
    if (nonce.len != LINK_NONCE || memcmp(nonce.buf, nobody, LINK_NONCE) == 0)
        mp_raise_ValueError(
            MP_ERROR_TEXT("nonce: expected 8 random bytes, not all of them zero"));
    if (ring < LINK_RING_LEAST)
        mp_raise_msg_varg(&mp_type_ValueError,
                          MP_ERROR_TEXT("ring: %d bytes cannot hold a frame, expected %d"),
                          (int)ring, LINK_RING_LEAST);
    if (window < 1 || window > LINK_WINDOW)
        mp_raise_msg_varg(&mp_type_ValueError,
                          MP_ERROR_TEXT("window: expected 1 to %d frames, got %d"), LINK_WINDOW,
                          (int)window);
    struct link_object *self = mp_obj_malloc(struct link_object, type);
    forget(self);
    self->outbox = (size_t)given[OUTBOX].u_int;
    memset(&self->link, 0, sizeof self->link);
    memcpy(self->link.next, nonce.buf, LINK_NONCE);
    self->link.grant = (uint16_t)MIN(ring - LINK_RESERVE, 0x7FFF);
    self->link.window = (uint8_t)window;
    self->link.pace8 = 4 * (int64_t)given[RETRANSMIT_MS].u_int;
    self->link.deviation4 = given[RETRANSMIT_MS].u_int / 2;
    link_start(&self->link);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t do_reset(mp_obj_t self_in)
{
    struct link_object *self = MP_OBJ_TO_PTR(self_in);
    link_reset(&self->link);
    forget(self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(reset_obj, do_reset);

/* Raise an error of runtime/wire/link.py. */
static NORETURN void refuse(qstr name, mp_obj_t text)
{
    mp_obj_t names = mp_obj_new_list(1, (mp_obj_t[]){MP_OBJ_NEW_QSTR(name)});
    mp_obj_t module = mp_import_name(qstr_from_str("runtime.wire.link"), names,
                                     MP_OBJ_NEW_SMALL_INT(0));
    nlr_raise(mp_make_raise_obj(mp_call_function_1(mp_load_attr(module, name), text)));
}

static mp_obj_t text_of(const char *form, ...)
{
    va_list arguments;
    vstr_t text;
    vstr_init(&text, 80);
    va_start(arguments, form);
    vstr_vprintf(&text, form, arguments);
    va_end(arguments);
    return mp_obj_new_str_from_vstr(&text);
}

static mp_obj_t do_send(mp_obj_t self_in, mp_obj_t message)
{
    struct link_object *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t info = bytes_of(message);
    if (info.len > LINK_MESSAGE_LIMIT)
        refuse(MP_QSTR_MessageTooLong, text_of("message has %u bytes, at most %u: split it",
                                               (unsigned)info.len, LINK_MESSAGE_LIMIT));
    if (self->link.waiting && self->queued + info.len + MESSAGE_COST > self->outbox)
        refuse(MP_QSTR_LinkFull,
               text_of("%u of %u bytes wait, no room for %u: try later", (unsigned)self->queued,
                       (unsigned)self->outbox, (unsigned)info.len));
    if (!mp_obj_is_exact_type(message, &mp_type_bytes)) /* it might change while it waits */
        message = copied_bytes(info.buf, info.len);
    mp_obj_list_append(self->queue, message);
    self->queued += info.len + MESSAGE_COST;
    self->link.waiting = true;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(send_obj, do_send);

static mp_obj_t do_receive(mp_obj_t self_in, mp_obj_t data_in, mp_obj_t now)
{
    struct link_object *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t data = bytes_of(data_in);
    const byte *at = data.buf, *end = at + data.len, *piece;
    const int64_t now_ms = ms_of(now);
    enum link_event event;
    size_t size;
    while ((event = link_receive(&self->link, &at, end, now_ms, &piece, &size)) != LINK_NOTHING) {
        if (event == LINK_GIVEN_UP) {
            forget(self);
            continue;
        }
        add(&self->partial, piece, size);
        if (event == LINK_LAST)
            mp_obj_list_append(self->ready, finished(&self->partial));
    }
    mp_obj_t ready = self->ready;
    self->ready = mp_obj_new_list(0, NULL);
    return ready;
}
static MP_DEFINE_CONST_FUN_OBJ_3(receive_obj, do_receive);

static void drop_first(struct link_object *self, size_t size)
{
    mp_obj_subscr(self->queue, MP_OBJ_NEW_SMALL_INT(0), MP_OBJ_NULL);
    self->queued -= size + MESSAGE_COST;
    self->link.waiting = self->queued > 0;
}

static mp_obj_t do_transmit(mp_obj_t self_in, mp_obj_t now)
{
    struct link_object *self = MP_OBJ_TO_PTR(self_in);
    struct growing out = {NULL, 0, 0};
    link_tick(&self->link, ms_of(now));
    if (self->link.waiting) /* frames are mostly written in their place */
        grow(&out, MIN(self->queued / FRAME_PAYLOAD_LIMIT + 1, LINK_WINDOW) * FRAME_LIMIT);
    for (;;) {
        mp_buffer_info_t message = {.buf = NULL};
        if (self->link.waiting)
            message = bytes_of(mp_obj_subscr(self->queue, MP_OBJ_NEW_SMALL_INT(0),
                                             MP_OBJ_SENTINEL));
        byte frame[FRAME_LIMIT];
        bool taken, fits = out.room - out.size > FRAME_LIMIT;
        size_t size = link_transmit(&self->link, message.buf, message.len, &taken,
                                    fits ? out.data + out.size : frame);
        if (!size)
            break;
        if (taken)
            drop_first(self, message.len);
        if (fits)
            out.size += size;
        else
            add(&out, frame, size);
    }
    if (!out.size && out.room)
        m_del(byte, out.data, out.room);
    return finished(&out);
}
static MP_DEFINE_CONST_FUN_OBJ_2(transmit_obj, do_transmit);

static mp_obj_t do_deadline(mp_obj_t self_in, mp_obj_t now)
{
    const struct link_object *self = MP_OBJ_TO_PTR(self_in);
    if (link_idle(&self->link))
        return mp_const_none;
    return self->link.waits ? mp_obj_new_int_from_ll(self->link.due) : now;
}
static MP_DEFINE_CONST_FUN_OBJ_2(deadline_obj, do_deadline);

static mp_obj_t bad_of(const struct link *link)
{
    static const qstr names[] = {
        [FRAME_LONG] = MP_QSTR_long,       [FRAME_COBS] = MP_QSTR_cobs,
        [FRAME_SIZE] = MP_QSTR_size,       [FRAME_CHECKED] = MP_QSTR_check,
        [FRAME_VERSIONED] = MP_QSTR_version,
    };
    mp_obj_t bad = mp_obj_new_dict(LINK_FAULTS);
    for (size_t fault = FRAME_LONG; fault <= FRAME_VERSIONED; fault++)
        mp_obj_dict_store(bad, MP_OBJ_NEW_QSTR(names[fault]),
                          mp_obj_new_int_from_uint(link->bad[fault - FRAME_LONG]));
    return bad;
}

static void attribute(mp_obj_t self_in, qstr name, mp_obj_t *destination)
{
    const struct link_object *self = MP_OBJ_TO_PTR(self_in);
    const struct link *link = &self->link;
    const struct {
        qstr name;
        uint32_t number;
    } numbers[] = {
        {MP_QSTR_generation, link->generation},
        {MP_QSTR_retransmitted, link->retransmitted},
        {MP_QSTR_asked, link->asked},
        {MP_QSTR_strange, link->strange},
        {MP_QSTR_oversize, link->oversize},
        {MP_QSTR_unanswered, link->unanswered},
    };
    if (destination[0] != MP_OBJ_NULL)
        return; /* nothing can be set */
    if (name == MP_QSTR_idle)
        destination[0] = mp_obj_new_bool(link_idle(link));
    else if (name == MP_QSTR_peer_nonce)
        destination[0] = link->has_peer ? copied_bytes(link->peer, LINK_NONCE) : mp_const_none;
    else if (name == MP_QSTR_bad)
        destination[0] = bad_of(link);
    else
        destination[1] = MP_OBJ_SENTINEL; /* perhaps it is a method */
    for (size_t i = 0; i < MP_ARRAY_SIZE(numbers); i++)
        if (name == numbers[i].name)
            destination[0] = mp_obj_new_int_from_uint(numbers[i].number);
}

static const mp_rom_map_elem_t methods_table[] = {
    {MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&reset_obj)},
    {MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&send_obj)},
    {MP_ROM_QSTR(MP_QSTR_receive), MP_ROM_PTR(&receive_obj)},
    {MP_ROM_QSTR(MP_QSTR_transmit), MP_ROM_PTR(&transmit_obj)},
    {MP_ROM_QSTR(MP_QSTR_deadline), MP_ROM_PTR(&deadline_obj)},
};
static MP_DEFINE_CONST_DICT(methods, methods_table);

static MP_DEFINE_CONST_OBJ_TYPE(link_type, MP_QSTR_Link, MP_TYPE_FLAG_NONE, make_new, make_new,
                                attr, attribute, locals_dict, &methods);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_link)},
    {MP_ROM_QSTR(MP_QSTR_Link), MP_ROM_PTR(&link_type)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t link_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_link, link_module);
