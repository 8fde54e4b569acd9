/* Erases the first sector of the flash and programs 16 pages of it, one byte more each. */
#include "console.h"
#include "system.h"

#include <generated/csr.h>

#define PAGES 16
#define PAGE 256
#define BUSY 1

enum { PROGRAM = 0x02, STATUS = 0x05, WRITE_ENABLE = 0x06, ERASE = 0x20 };

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

static void write(uint8_t code, uint32_t address, int count)
{
    uint8_t status;
    select_flash(1);
    exchange(WRITE_ENABLE);
    select_flash(0);
    select_flash(1);
    exchange(code);
    for (int shift = 16; shift >= 0; shift -= 8)
        exchange((uint8_t)(address >> shift));
    for (int i = 0; i < count; i++)
        exchange((uint8_t)(address / PAGE + 1));
    select_flash(0);
    do {
        select_flash(1);
        exchange(STATUS);
        status = exchange(0);
        select_flash(0);
    } while (status & BUSY);
    print_unsigned(address / PAGE);
    print("\n");
}

int main(void)
{
    write(ERASE, 0, 0);
    for (uint32_t page = 0; page < PAGES; page++)
        write(PROGRAM, page * PAGE, PAGE);
    finish(0);
}
