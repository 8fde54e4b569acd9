/* The SPI flash: its name, erasure of a sector, programming of a page, which only clears bits. */
#include "check.h"

#include <generated/csr.h>

#define ADDRESS 0x1000
#define BUSY 1

enum { PROGRAM = 0x02, READ = 0x03, STATUS = 0x05, WRITE_ENABLE = 0x06, ERASE = 0x20, ID = 0x9f };

static uint8_t exchange(uint8_t byte)
{
    flash_mosi_write(byte);
    flash_control_write(1 << CSR_FLASH_CONTROL_START_OFFSET | 8 << CSR_FLASH_CONTROL_LENGTH_OFFSET);
    while (!flash_status_done_read()) {
    }
    return (uint8_t)flash_miso_read();
}

static void select_flash(int on)
{
    flash_cs_write(1u << CSR_FLASH_CS_MODE_OFFSET | (uint32_t)on);
}

static void command(uint8_t code, int with_address)
{
    select_flash(1);
    exchange(code);
    for (int shift = 16; with_address && shift >= 0; shift -= 8)
        exchange((uint8_t)(ADDRESS >> shift));
}

static void wait(void)
{
    uint8_t status;
    do {
        command(STATUS, 0);
        status = exchange(0);
        select_flash(0);
    } while (status & BUSY);
}

static void write(uint8_t code, const uint8_t *data, int count)
{
    command(WRITE_ENABLE, 0);
    select_flash(0);
    command(code, 1);
    for (int i = 0; i < count; i++)
        exchange(data[i]);
    select_flash(0);
    wait();
}

void test_flash(void);
void test_flash(void)
{
    uint8_t data[256], found[256], id[3];
    static const uint8_t manufacturer[2] = {0xef, 0x40};

    command(ID, 0);
    for (int i = 0; i < 3; i++)
        id[i] = exchange(0);
    select_flash(0);
    check_bytes("its name", id, manufacturer, 2);

    write(ERASE, 0, 0);
    for (int i = 0; i < 256; i++)
        data[i] = (uint8_t)(i ^ 0x5a);
    write(PROGRAM, data, 256);
    for (int i = 0; i < 256; i++)
        data[i] &= 0xf0;
    write(PROGRAM, data, 16);
    for (int i = 16; i < 256; i++)
        data[i] = (uint8_t)(i ^ 0x5a);

    command(READ, 1);
    for (int i = 0; i < 256; i++)
        found[i] = exchange(0);
    select_flash(0);
    check_bytes("the page", found, data, 256);
}
