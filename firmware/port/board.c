/* The module `board`: the machine, as firmware/node/board.py uses it. */
#include <generated/csr.h>
#include <generated/soc.h>

#include "cpu.h"
#include "py/objint.h"
#include "py/runtime.h"
#include "uart.h"

/* read(): the bytes at hand, perhaps none. */
static mp_obj_t board_read(void)
{
    size_t size = uart_waiting();
    vstr_t bytes;
    if (!size)
        return mp_const_empty_bytes;
    vstr_init_len(&bytes, size);
    bytes.len = uart_read((uint8_t *)bytes.buf, size);
    return mp_obj_new_bytes_from_vstr(&bytes);
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
 * that time, None is for ever. */
static mp_obj_t board_wait(mp_obj_t ms_in, mp_obj_t writing_in)
{
    bool writing = mp_obj_is_true(writing_in), ends = ms_in != mp_const_none;
    uint64_t end = cpu_cycles();
    if (ends)
        end += (uint64_t)mp_obj_get_int(ms_in) * (CONFIG_CLOCK_FREQUENCY / 1000);
    while (!uart_waiting() && !(writing && uart_room()) && !(ends && cpu_cycles() >= end))
        ;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_wait_obj, board_wait);

/* cycles(): since reset. */
static mp_obj_t board_cycles(void)
{
    return mp_obj_new_int_from_ull(cpu_cycles());
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_cycles_obj, board_cycles);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_board)},
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&board_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&board_write_obj)},
    {MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&board_wait_obj)},
    {MP_ROM_QSTR(MP_QSTR_cycles), MP_ROM_PTR(&board_cycles_obj)},
    {MP_ROM_QSTR(MP_QSTR_frequency), MP_ROM_INT(CONFIG_CLOCK_FREQUENCY)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t board_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_board, board_module);
