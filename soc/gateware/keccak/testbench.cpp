// Runs jobs on the sponge. A line of input is a job: operation, function, fresh, final, length and
// lane in decimal, then value, words in and words expected as hexadecimal bytes, "-" for none.
// Prints the cycles of each job, or the difference. The argument seeds streams that stall; 0: none.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "Vdut.h"

static std::vector<uint32_t> words(const std::string &hex)
{
    std::vector<uint32_t> all;
    if (hex == "-")
        return all;
    all.resize((hex.size() + 7) / 8);
    for (size_t i = 0; i < hex.size() / 2; i++)
        all[i / 4] |= uint32_t(std::stoul(hex.substr(2 * i, 2), nullptr, 16)) << 8 * (i % 4);
    return all;
}

int main(int argc, char **argv)
{
    const unsigned seed = argc > 1 ? unsigned(std::atoi(argv[1])) : 0;
    std::mt19937 random(seed);
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

    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream fields(line);
        unsigned operation, function, fresh, final, length, lane;
        std::string value, in_hex, out_hex;
        fields >> operation >> function >> fresh >> final >> length >> lane >> value >> in_hex >>
            out_hex;
        const std::vector<uint32_t> in = words(in_hex), expected = words(out_hex);
        std::vector<uint32_t> out;
        dut.job_payload_operation = operation;
        dut.job_payload_function = function;
        dut.job_payload_fresh = fresh;
        dut.job_payload_final = final;
        dut.job_payload_length = length;
        dut.job_payload_lane = lane;
        dut.job_payload_value = std::stoull(value, nullptr, 16);
        dut.job_valid = 1;

        size_t given = 0;
        long cycles = 0;
        for (bool done = false; !done; cycles++) {
            if (cycles > 1000000) {
                std::cout << "does not end: " << line << std::endl;
                return 1;
            }
            dut.sink_valid = given < in.size() && (!seed || random() % 4);
            dut.sink_payload_data = dut.sink_valid ? in[given] : uint32_t(random());
            dut.source_ready = !seed || random() % 4;
            dut.eval();
            given += dut.sink_valid && dut.sink_ready;
            if (dut.source_valid && dut.source_ready) {
                out.push_back(dut.source_payload_data);
                if (bool(dut.source_last) != (out.size() == expected.size())) {
                    std::cout << "wrong end of output: " << line << std::endl;
                    return 1;
                }
            }
            done = dut.job_ready;
            clock();
        }
        dut.job_valid = 0;
        if (given != in.size() || out != expected) {
            std::cout << "takes " << given << " words and gives";
            for (uint32_t word : out)
                std::cout << ' ' << std::hex << word;
            std::cout << std::dec << ": " << line << std::endl;
            return 1;
        }
        std::cout << cycles << '\n';
    }
    return 0;
}
