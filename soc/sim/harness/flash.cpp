#include "flash.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {
enum Command : uint8_t {
    PAGE_PROGRAM = 0x02, READ = 0x03, WRITE_DISABLE = 0x04, READ_STATUS = 0x05,
    WRITE_ENABLE = 0x06, FAST_READ = 0x0b, SECTOR_ERASE = 0x20, READ_ID = 0x9f, BLOCK_ERASE = 0xd8,
};
constexpr uint8_t BUSY = 1, WRITE_ENABLED = 2;
constexpr uint8_t MANUFACTURER = 0xef, TYPE = 0x40; // as of the Winbond W25Q on many boards

[[noreturn]] void refuse(const std::string &path, const char *why) {
    std::fprintf(stderr, "error: %s cannot be the flash: %s\n", path.c_str(), why);
    std::exit(1);
}
} // namespace

void Flash::open(const std::string &path) {
    if (path.empty()) {
        memory = new uint8_t[size];
        std::memset(memory, 0xff, size);
        return;
    }
    int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) refuse(path, std::strerror(errno));
    struct stat about;
    fstat(file, &about);
    bool fresh = about.st_size == 0;
    if (!fresh) {
        size = uint32_t(about.st_size);
        if (about.st_size < BLOCK || about.st_size > (16 << 20) || (size & (size - 1)))
            refuse(path, "its size is not a power of two from 64 KiB to 16 MiB; remove it to "
                         "have a new one");
    } else if (ftruncate(file, size)) {
        refuse(path, std::strerror(errno));
    }
    void *mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) refuse(path, std::strerror(errno));
    close(file);
    memory = static_cast<uint8_t *>(mapped);
    if (fresh) std::memset(memory, 0xff, size);
}

void Flash::time(uint64_t program, uint64_t erase) {
    program_cycles = program;
    erase_cycles = erase;
}

bool Flash::tick(bool clk, bool cs_n, bool mosi, uint64_t cycle) {
    if (cs_n) {
        if (selected && bits % 8 == 0) begin(cycle);
        selected = false;
    } else if (!selected) {
        selected = true;
        bits = 0;
        received = 0;
        shift_out = 0xff;
        command = 0;
        data.clear();
    } else if (clk && !last_clk) {
        shift_in = uint8_t(shift_in << 1 | mosi);
        if (++bits == 8) byte_in(shift_in, cycle);
    } else if (!clk && last_clk) {
        if (bits == 8) {
            bits = 0;
            shift_out = byte_out(cycle);
        } else {
            shift_out = uint8_t(shift_out << 1 | 1);
        }
    }
    last_clk = clk;
    return cs_n || (shift_out & 0x80);
}

// One more byte of a command has come.
void Flash::byte_in(uint8_t byte, uint64_t cycle) {
    settle(cycle);
    if (received == 0) {
        command = byte;
        address = 0;
        if (busy(cycle) && command != READ_STATUS) command = 0; // ignored
    } else if (received < 4) {
        address = (address << 8 | byte) & (size - 1);
    } else if (command == PAGE_PROGRAM) {
        data.push_back(byte);
    }
    received++;
}

// What it answers while the next byte comes.
uint8_t Flash::byte_out(uint64_t cycle) {
    switch (command) {
    case READ_STATUS:
        settle(cycle);
        return uint8_t((busy(cycle) ? BUSY : 0) | (write_enabled ? WRITE_ENABLED : 0));
    case READ_ID: {
        uint8_t capacity = uint8_t(__builtin_ctz(size));
        const uint8_t id[] = {MANUFACTURER, TYPE, capacity};
        return id[(received - 1) % 3];
    }
    case READ:
    case FAST_READ: {
        uint32_t head = command == READ ? 4 : 5;
        return received < head ? 0xff : memory[(address + received - head) & (size - 1)];
    }
    default:
        return 0xff;
    }
}

// The transfer has ended: what it asked for begins.
void Flash::begin(uint64_t cycle) {
    settle(cycle);
    uint32_t unit = command == SECTOR_ERASE ? SECTOR : BLOCK;
    switch (command) {
    case WRITE_ENABLE:
        write_enabled = true;
        break;
    case WRITE_DISABLE:
        write_enabled = false;
        break;
    case PAGE_PROGRAM:
        if (!write_enabled || data.empty()) break;
        operation = PROGRAM;
        target = address;
        if (data.size() > PAGE) { // the last ones count
            uint32_t ahead = uint32_t(data.size() - PAGE);
            target = (target & ~(PAGE - 1)) | ((target + ahead) & (PAGE - 1));
            data.erase(data.begin(), data.end() - PAGE);
        }
        page = data;
        length = uint32_t(page.size());
        since = cycle;
        until = cycle + program_cycles;
        break;
    case SECTOR_ERASE:
    case BLOCK_ERASE:
        if (!write_enabled || received < 4) break;
        operation = ERASE;
        target = address & ~(unit - 1);
        length = unit;
        since = cycle;
        until = cycle + erase_cycles * (unit / SECTOR);
        break;
    }
    command = 0;
}

void Flash::settle(uint64_t cycle) {
    if (operation == NONE || cycle < until) return;
    apply(length);
    operation = NONE;
    write_enabled = false;
}

// Bytes of the operation, in its order: programming only clears bits and wraps within its page.
void Flash::apply(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (operation == ERASE) memory[target + i] = 0xff;
        else memory[(target & ~(PAGE - 1)) | ((target + i) & (PAGE - 1))] &= page[i];
    }
}

void Flash::cut(uint64_t cycle) {
    settle(cycle);
    if (operation == NONE) return;
    apply(uint32_t(length * (cycle - since) / (until - since)));
    operation = NONE;
}
