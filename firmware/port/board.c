/* The module `board`: the machine, as firmware/node/board.py uses it. */
#include <generated/csr.h>
#include <generated/soc.h>

#include "../modules/bindings/objects.h"
#include "board.h"
#include "cpu.h"
#include "flash.h"
#include "noise.h"
#include "prepared.h"
#include "py/mperrno.h"
#include "py/objint.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "uart.h"
#include "watchdog.h"

/* The line. */

/* read(): the bytes at hand, perhaps none. */
static mp_obj_t board_read(void)
{
    uint8_t *bytes;
    size_t size = uart_waiting();
    if (!size)
        return mp_const_empty_bytes;
    mp_obj_t object = new_bytes(size, &bytes);
    uart_read(bytes, size);
    return object;
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_read_obj, board_read);

/* write(data): how many of the bytes were taken. */
static mp_obj_t board_write(mp_obj_t data_in)
{
    mp_buffer_info_t data;
    mp_get_buffer_raise(data_in, &data, MP_BUFFER_READ);
    return MP_OBJ_NEW_SMALL_INT(uart_write(data.buf, data.len));
}
static MP_DEFINE_CONST_FUN_OBJ_1(board_write_obj, board_write);

/* wait(ms, writing): until there are bytes to read or, with `writing`, room to write; at most
 * that time, None is for ever. A sign of life to the watchdog. */
static mp_obj_t board_wait(mp_obj_t ms_in, mp_obj_t writing_in)
{
    bool writing = mp_obj_is_true(writing_in), ends = ms_in != mp_const_none;
    uint64_t now = cpu_cycles(), end = now;
    if (ends)
        end += (uint64_t)mp_obj_get_int(ms_in) * (CONFIG_CLOCK_FREQUENCY / 1000);
    for (;;) {
        watchdog_feed();
        if (uart_waiting() || (writing && uart_room()) || (ends && now >= end))
            return mp_const_none;
        uint64_t before = now;
        now = cpu_cycles();
        spent.waiting += (uint32_t)(now - before);
    }
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_wait_obj, board_wait);

/* set_speed(baud): of the line, once all that was written has gone out. */
static mp_obj_t board_set_speed(mp_obj_t baud_in)
{
    uart_set_speed((uint32_t)mp_obj_get_int(baud_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(board_set_speed_obj, board_set_speed);

/* Time. */

static uint64_t uptime(void)
{
    uptime_control_write(1);
    return uptime_cycles_read();
}

/* uptime_ns(), uptime_ms(): since reset. */
static mp_obj_t board_uptime_ns(void)
{
    return mp_obj_new_int_from_ull(uptime() * 1000 / (CONFIG_CLOCK_FREQUENCY / 1000000));
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_uptime_ns_obj, board_uptime_ns);

static mp_obj_t board_uptime_ms(void)
{
    return mp_obj_new_int_from_ull(uptime() / (CONFIG_CLOCK_FREQUENCY / 1000));
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_uptime_ms_obj, board_uptime_ms);

/* cycles(): of the CPU, since reset. */
static mp_obj_t board_cycles(void)
{
    return mp_obj_new_int_from_ull(cpu_cycles());
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_cycles_obj, board_cycles);

/* prepared(): all is loaded; an image of the memory that is taken here starts here. */
static mp_obj_t board_prepared(void)
{
    if (start_mode == START_PREPARING && !prepared_save()) {
        (void)cpu_disable_interrupts();
#ifdef CSR_SIM_EXIT_ADDR
        sim_exit_write(0);
#endif
        for (;;)
            ;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_prepared_obj, board_prepared);

/* reset(): does not return. */
static mp_obj_t board_reset(void)
{
    cpu_reset();
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_reset_obj, board_reset);

/* What the system holds. */

/* noise(size): raw samples, health tested; OSError if a test has failed. */
static mp_obj_t board_noise(mp_obj_t size_in)
{
    uint8_t *bytes;
    size_t size = (size_t)mp_obj_get_int(size_in);
    mp_obj_t object = new_bytes(size, &bytes);
    if (!noise_read(bytes, size))
        mp_raise_OSError(MP_EIO);
    return object;
}
static MP_DEFINE_CONST_FUN_OBJ_1(board_noise_obj, board_noise);

/* gateware(): its measurement, 32 bytes. */
static mp_obj_t board_gateware(void)
{
    uint8_t bytes[32];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(csr_read_simple(CSR_MEASUREMENT_GATEWARE_ADDR + i / 4 * 4) >> (24 - i % 4 * 8));
    return mp_obj_new_bytes(bytes, sizeof bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_gateware_obj, board_gateware);

/* The consent button and its lamp. */

#define ASK (1 << CSR_PRESENCE_CONTROL_START_OFFSET)
#define FORGET (1 << CSR_PRESENCE_CONTROL_CLEAR_OFFSET)

/* ask(nonce, ms): wait for one press, not longer than that. */
static mp_obj_t board_ask(mp_obj_t nonce_in, mp_obj_t ms_in)
{
    presence_control_write(FORGET);
    presence_nonce_write((uint32_t)mp_obj_get_int_truncated(nonce_in));
    presence_timeout_write((uint32_t)mp_obj_get_int(ms_in));
    presence_control_write(ASK);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_ask_obj, board_ask);

/* answer(): (state, nonce) of what was asked; state 2 is pressed in time. */
static mp_obj_t board_answer(void)
{
    mp_obj_t parts[] = {
        MP_OBJ_NEW_SMALL_INT(presence_answer_read() >> CSR_PRESENCE_ANSWER_STATE_OFFSET &
                             ((1 << CSR_PRESENCE_ANSWER_STATE_SIZE) - 1)),
        mp_obj_new_int_from_uint(presence_asked_read()),
    };
    return mp_obj_new_tuple(2, parts);
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_answer_obj, board_answer);

/* forget(): what was asked; a press is no answer any more. */
static mp_obj_t board_forget(void)
{
    presence_control_write(FORGET);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_forget_obj, board_forget);

/* button_down(): whether it is, and rests. */
static mp_obj_t board_button_down(void)
{
    return mp_obj_new_bool(presence_answer_read() >> CSR_PRESENCE_ANSWER_DOWN_OFFSET & 1u);
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_button_down_obj, board_button_down);

/* lamp(mode, pattern): as soc/gateware/presence has them. */
static mp_obj_t board_lamp(mp_obj_t mode_in, mp_obj_t pattern_in)
{
    presence_pattern_write((uint32_t)mp_obj_get_int_truncated(pattern_in));
    presence_lamp_write((uint32_t)mp_obj_get_int(mode_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_lamp_obj, board_lamp);

static mp_obj_t in_place(const uint8_t *from, const uint8_t *to)
{
    mp_obj_str_t *bytes = mp_obj_malloc(mp_obj_str_t, &mp_type_bytes);
    bytes->hash = 0; /* is made when it is asked for */
    bytes->len = (size_t)(to - from);
    bytes->data = from;
    return MP_OBJ_FROM_PTR(bytes);
}

/* firmware(): code and constants, as bytes where they lie, without the words in front that change
 * while it runs. */
static mp_obj_t board_firmware(void)
{
    extern const uint8_t code_constant, code_end;
    return in_place(&code_constant, &code_end);
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_firmware_obj, board_firmware);

/* places(): the two files of metro areas, as bytes where they lie. */
static mp_obj_t board_places(void)
{
    extern const uint8_t metro_zips, metro_zips_end, metro_names, metro_names_end;
    mp_obj_t files[] = {
        in_place(&metro_zips, &metro_zips_end),
        in_place(&metro_names, &metro_names_end),
    };
    return mp_obj_new_tuple(2, files);
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_places_obj, board_places);

/* The flash: a port as firmware/node/flash.py has it. */

#define WORD 4

static uint32_t place(mp_obj_t at_in, mp_int_t size)
{
    mp_int_t at = mp_obj_get_int(at_in);
    if (at < 0 || size < 0 || at > FLASH_SECTORS * FLASH_SECTOR - size || at % WORD || size % WORD)
        mp_raise_ValueError(MP_ERROR_TEXT("not in the node's part of the flash"));
    return (uint32_t)at;
}

/* The loader is never written: without it no slot is started. */
static void refuse_loader(uint32_t sector)
{
    if (sector >= FLASH_LOADER && sector < FLASH_SLOTS)
        mp_raise_ValueError(MP_ERROR_TEXT("the loader's part of the flash"));
}

/* flash_read(at, size) */
static mp_obj_t board_flash_read(mp_obj_t at_in, mp_obj_t size_in)
{
    uint8_t *bytes;
    mp_int_t size = mp_obj_get_int(size_in);
    uint32_t at = place(at_in, size);
    mp_obj_t object = new_bytes((size_t)size, &bytes);
    flash_read(at, bytes, (size_t)size);
    return object;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_flash_read_obj, board_flash_read);

/* flash_program(at, data): within a page of 256 bytes */
static mp_obj_t board_flash_program(mp_obj_t at_in, mp_obj_t data_in)
{
    mp_buffer_info_t data;
    mp_get_buffer_raise(data_in, &data, MP_BUFFER_READ);
    uint32_t at = place(at_in, (mp_int_t)data.len);
    refuse_loader(at / FLASH_SECTOR);
    flash_program(at, data.buf, data.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_flash_program_obj, board_flash_program);

/* flash_erase(sector) */
static mp_obj_t board_flash_erase(mp_obj_t sector_in)
{
    mp_int_t sector = mp_obj_get_int(sector_in);
    if (sector < 0 || sector >= FLASH_SECTORS)
        mp_raise_ValueError(MP_ERROR_TEXT("not in the node's part of the flash"));
    refuse_loader((uint32_t)sector);
    flash_erase((uint32_t)sector);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(board_flash_erase_obj, board_flash_erase);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_board)},
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&board_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&board_write_obj)},
    {MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&board_wait_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_speed), MP_ROM_PTR(&board_set_speed_obj)},
    {MP_ROM_QSTR(MP_QSTR_uptime_ns), MP_ROM_PTR(&board_uptime_ns_obj)},
    {MP_ROM_QSTR(MP_QSTR_uptime_ms), MP_ROM_PTR(&board_uptime_ms_obj)},
    {MP_ROM_QSTR(MP_QSTR_cycles), MP_ROM_PTR(&board_cycles_obj)},
    {MP_ROM_QSTR(MP_QSTR_prepared), MP_ROM_PTR(&board_prepared_obj)},
    {MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&board_reset_obj)},
    {MP_ROM_QSTR(MP_QSTR_noise), MP_ROM_PTR(&board_noise_obj)},
    {MP_ROM_QSTR(MP_QSTR_gateware), MP_ROM_PTR(&board_gateware_obj)},
    {MP_ROM_QSTR(MP_QSTR_ask), MP_ROM_PTR(&board_ask_obj)},
    {MP_ROM_QSTR(MP_QSTR_answer), MP_ROM_PTR(&board_answer_obj)},
    {MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&board_forget_obj)},
    {MP_ROM_QSTR(MP_QSTR_button_down), MP_ROM_PTR(&board_button_down_obj)},
    {MP_ROM_QSTR(MP_QSTR_lamp), MP_ROM_PTR(&board_lamp_obj)},
    {MP_ROM_QSTR(MP_QSTR_firmware), MP_ROM_PTR(&board_firmware_obj)},
    {MP_ROM_QSTR(MP_QSTR_places), MP_ROM_PTR(&board_places_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_read), MP_ROM_PTR(&board_flash_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_program), MP_ROM_PTR(&board_flash_program_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_erase), MP_ROM_PTR(&board_flash_erase_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_sectors), MP_ROM_INT(FLASH_SECTORS)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t board_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_board, board_module);
