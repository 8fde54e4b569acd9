// Drives an engine through its registers and a memory, as bench.py's Script says on standard
// input: numbers of 32 bits, in this machine's byte order. Results go to standard output alike.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vdut.h"

static Vdut *dut;

static void tick()
{
    dut->sys_clk = 0;
    dut->eval();
    dut->sys_clk = 1;
    dut->eval();
    dut->sys_clk = 0;
    dut->eval();
}

static uint32_t take()
{
    uint32_t number;
    if (fread(&number, sizeof number, 1, stdin) != 1) {
        fprintf(stderr, "the script ends within an operation\n");
        exit(1);
    }
    return number;
}

static void give(uint32_t number)
{
    fwrite(&number, sizeof number, 1, stdout);
}

static void write_register(uint32_t address, uint32_t value)
{
    dut->csr_address = address;
    dut->csr_write = 1;
    dut->csr_value = value;
    tick();
    dut->csr_write = 0;
}

static uint32_t read_register(uint32_t address)
{
    dut->csr_address = address;
    tick();
    return dut->csr_read;
}

static uint32_t access(uint32_t address, bool write, uint32_t value)
{
    dut->host_address = address;
    dut->host_write = write;
    dut->host_value = value;
    dut->host_asks = 1;
    dut->eval();
    while (!dut->host_ack)
        tick();
    uint32_t read = dut->host_read;
    tick();
    dut->host_asks = 0;
    tick();
    return read;
}

// Starts a job and records the trace of every cycle until the engine rests. A rival, if there is
// one, reads memory all the time.
static void job(uint32_t address, uint32_t value, uint32_t limit, bool rival)
{
    std::vector<uint64_t> trace;
    bool began = false, ended = false;
    dut->host_address = 0;
    dut->host_write = 0;
    dut->csr_address = address;
    dut->csr_write = 1;
    dut->csr_value = value;
    while (!ended && trace.size() < limit) {
        dut->eval();
        trace.push_back(dut->trace);
        if (rival)
            dut->host_asks = !(dut->host_asks && dut->host_ack);
        tick();
        dut->csr_write = 0;
        began = began || dut->busy || trace.size() == 4; // a refused job never does
        ended = began && !dut->busy;
    }
    while (dut->host_asks && !dut->host_ack)
        tick();
    dut->host_asks = 0;
    tick();
    give((uint32_t)ended);
    give((uint32_t)trace.size());
    fwrite(trace.data(), sizeof trace[0], trace.size(), stdout);
}

int main()
{
    dut = new Vdut;
    dut->sys_rst = 1;
    tick();
    dut->sys_rst = 0;
    for (int kind; (kind = getchar()) != EOF;) {
        switch (kind) {
        case 'w': {
            uint32_t address = take();
            write_register(address, take());
            break;
        }
        case 'r':
            give(read_register(take()));
            break;
        case 's': // store
            for (uint32_t address = take(), words = take(); words--;)
                access(address++, true, take());
            break;
        case 'l': // load
            for (uint32_t address = take(), words = take(); words--;)
                give(access(address++, false, 0));
            break;
        case 'j': {
            uint32_t address = take(), value = take(), limit = take();
            job(address, value, limit, take());
            break;
        }
        case 't': // wait
            for (uint32_t cycles = take(); cycles--;)
                tick();
            break;
        default:
            fprintf(stderr, "no operation %d\n", kind);
            return 1;
        }
    }
    dut->final();
    return 0;
}
