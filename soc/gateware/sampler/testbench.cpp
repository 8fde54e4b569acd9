// Samples polynomials. A line of input is a job: kind, nonce, stall in decimal, then the 96 bytes
// of seeds and the 256 words expected as hexadecimal. If stall is 1, the output stalls at random.
// Prints the cycles from the job's start to the last coefficient, or the difference.
#include <cstdint>
#include <iostream>
#include <random>
#include <sstream>
#include <string>

#include "Vdut.h"

int main()
{
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
    while (!dut.wiped)
        clock();

    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream fields(line);
        unsigned kind, nonce, stall;
        std::string seeds, word;
        fields >> kind >> nonce >> stall >> seeds;
        for (unsigned i = 0; i < 24; i++) {
            uint32_t value = 0;
            for (unsigned byte = 0; byte < 4; byte++)
                value |= uint32_t(std::stoul(seeds.substr(8 * i + 2 * byte, 2), nullptr, 16))
                         << 8 * byte;
            dut.write = 1;
            dut.index = i;
            dut.word = value;
            clock();
        }
        dut.write = 0;

        dut.job_valid = 1;
        dut.job_payload_kind = kind;
        dut.job_payload_nonce = nonce;
        unsigned n = 0;
        long cycles = 0, last = 0;
        for (bool done = false; !done; cycles++) {
            dut.source_ready = !stall || random() % 4;
            dut.eval();
            if (dut.source_valid && dut.source_ready) {
                const bool more = bool(fields >> word);
                if (!more || dut.source_payload_data != std::stoul(word, nullptr, 16) ||
                    bool(dut.source_last) != (n == 255)) {
                    std::cout << "coefficient " << n << " is " << dut.source_payload_data << ": "
                              << line << std::endl;
                    return 1;
                }
                n++;
                last = cycles + 1;
            }
            done = dut.job_ready;
            clock();
            if (cycles > 100000) {
                std::cout << "does not end after " << n << ": " << line << std::endl;
                return 1;
            }
        }
        dut.job_valid = 0;
        if (n != 256) {
            std::cout << "gives " << n << " coefficients: " << line << std::endl;
            return 1;
        }
        std::cout << last << '\n';
    }
    return 0;
}
