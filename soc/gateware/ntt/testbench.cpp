// Does operations on the core. A line of input is one: code, slots a, b, d, bound, stalls in
// decimal, then how many words the stream has and these, how many are expected on `source` and
// these, in hexadecimal. If stalls is 1, streams stall at random.
// Prints for each the cycles from the start to its end and whether the bound was exceeded; or what
// differs, and ends with 1.
#include <cstdint>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "Vdut.h"

static std::vector<uint32_t> words(std::istream &fields)
{
    size_t size;
    fields >> std::dec >> size >> std::hex;
    std::vector<uint32_t> found(size);
    for (uint32_t &word : found)
        fields >> word;
    return found;
}

int main()
{
    std::ios::sync_with_stdio(false);
    std::mt19937 random(1);
    Vdut dut;

    auto clock = [&dut] {
        dut.sys_clk = 1;
        dut.eval();
        dut.sys_clk = 0;
        dut.eval();
    };
    dut.sys_rst = 1;
    clock();
    dut.sys_rst = 0;
    dut.eval();
    while (dut.busy)
        clock();

    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream fields(line);
        unsigned operation, a, b, d, bound, stalls;
        fields >> operation >> a >> b >> d >> bound >> stalls;
        const std::vector<uint32_t> in = words(fields), expected = words(fields);
        dut.operation = operation;
        dut.a = a;
        dut.b = b;
        dut.d = d;
        dut.bound = bound;
        dut.start = 1;
        clock();
        dut.start = 0;

        size_t taken = 0, given = 0;
        long cycles = 0;
        for (bool done = false; !done; cycles++) {
            dut.sink_valid = taken < in.size() && (!stalls || random() % 4);
            dut.sink_payload_data = dut.sink_valid ? in[taken] : 0;
            dut.source_ready = !stalls || random() % 4;
            dut.eval();
            taken += dut.sink_valid && dut.sink_ready;
            if (dut.source_valid && dut.source_ready) {
                const bool last = given + 1 == expected.size();
                if (given >= expected.size() || dut.source_payload_data != expected[given] ||
                    bool(dut.source_last) != last) {
                    std::cout << "coefficient " << given << " is " << dut.source_payload_data
                              << std::endl;
                    return 1;
                }
                given++;
            }
            done = dut.done;
            clock();
            if (cycles > 10000 || dut.failed) {
                std::cout << "does not end: " << line.substr(0, 40) << std::endl;
                return 1;
            }
        }
        if (given != expected.size() || taken != in.size()) {
            std::cout << "took " << taken << " and gave " << given << std::endl;
            return 1;
        }
        std::cout << cycles << ' ' << int(dut.exceeds) << '\n';
    }
    return 0;
}
