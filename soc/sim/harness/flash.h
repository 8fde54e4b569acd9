// A serial NOR flash of 4 KiB sectors and 256-byte pages, SPI mode 0, at the level of its pins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

class Flash {
public:
    static constexpr uint32_t SECTOR = 4096, BLOCK = 65536, PAGE = 256;

    // Contents are a file's, made of 0xff where there is none and written through; "" for memory.
    // Ends the program where the file cannot be used.
    void open(const std::string &path);

    // So many cycles a page's programming and a sector's erasure take.
    void time(uint64_t program_cycles, uint64_t erase_cycles);

    // After each edge that changes a pin; returns what MISO shows.
    bool tick(bool clk, bool cs_n, bool mosi, uint64_t cycle);

    // Finish what has had its time.
    void settle(uint64_t cycle);

    // Power fails: of what was going on, a part is done.
    void cut(uint64_t cycle);

private:
    enum Operation { NONE, PROGRAM, ERASE };

    void begin(uint64_t cycle);
    void byte_in(uint8_t byte, uint64_t cycle);
    uint8_t byte_out(uint64_t cycle);
    void apply(uint32_t count);
    bool busy(uint64_t cycle) { return operation != NONE && cycle < until; }

    uint8_t *memory = nullptr;
    uint32_t size = 4u << 20;
    uint64_t program_cycles = 35000, erase_cycles = 2250000;

    // The transfer
    bool last_clk = false, selected = false;
    uint8_t shift_in = 0, shift_out = 0xff;
    int bits = 0;
    uint32_t received = 0, address = 0;
    uint8_t command = 0;
    std::vector<uint8_t> data;

    // What goes on in it
    std::vector<uint8_t> page;
    bool write_enabled = false;
    Operation operation = NONE;
    uint32_t target = 0, length = 0;
    uint64_t since = 0, until = 0;
};
