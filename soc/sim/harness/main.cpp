// Runs the system: loads its memory, drives its pads, counts its cycles.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include <verilated.h>
#if VM_TRACE
#include <verilated_fst_c.h>
#endif

#include "Vsoc.h"
#include "Vsoc___024root.h"
#include "control.h"
#include "fault.h"
#include "flash.h"
#include "line.h"
#include "options.h"

namespace {
constexpr uint64_t RESET_CYCLES = 4;
constexpr uint64_t MAIN_RAM = 0x40000000;
constexpr uint64_t POLL_CYCLES = 2048; // sockets are looked at once in so many
constexpr int MAX_CYCLES_REACHED = 124, POWER_CUT = 125;

volatile std::sig_atomic_t interrupted = 0;

class Simulation {
public:
    explicit Simulation(const Options &given);
    int run();

private:
    void load(const std::string &image);
    void dump(const std::string &path);
    void add_commands();
    void edge(bool rising);
    void between();
    void stop(int with) { running = false, status = with; }
    void report(double seconds) const;

    const Options &options;
    VerilatedContext context;
    Vsoc top{&context};
    Line line;
    Flash flash;
    Fault fault;
    Control control;
#if VM_TRACE
    VerilatedFstC trace;
    uint64_t half_cycle = 0;
#endif
    uint64_t cycle = 0, next_poll = 0, pause_at = UINT64_MAX;
    bool running = true, spi_clk = false, spi_cs_n = true;
    int status = 0;
};

Simulation::Simulation(const Options &given) : options(given) {
    flash.open(options.flash);
    if (options.flash_fast) flash.time(100, 100);
    if (options.paced) line.pace();
    if (options.uart < 0) line.print_to(STDOUT_FILENO);
    else std::fprintf(stderr, "uart tcp://127.0.0.1:%d\n", line.listen_on(options.uart));
    add_commands();
    if (!options.script.empty()) control.script(options.script);
    if (options.control >= 0)
        std::fprintf(stderr, "control tcp://127.0.0.1:%d\n", control.listen_on(options.control));
    if (options.paused) pause_at = 0;
#if VM_TRACE
    Verilated::traceEverOn(true);
    top.trace(&trace, 99);
    trace.open(options.trace.c_str());
#endif
    top.sim_time = options.time;
    top.seed = options.seed;
    // Models of memories read their first contents from the working folder.
    if (chdir(options.home.c_str())) std::perror(options.home.c_str());
    top.rst = 1;
    for (uint64_t i = 0; i < RESET_CYCLES; i++) edge(true), edge(false);
    top.rst = 0;
    edge(false);
    load(options.image);
}

// The image goes straight into the model's memory: one program serves every firmware.
void Simulation::load(const std::string &image) {
    auto &ram = top.rootp->optin__DOT__main_ram;
    std::ifstream file(image, std::ios::binary | std::ios::ate);
    auto size = file ? size_t(file.tellg()) : 0;
    if (!size || size > sizeof ram) {
        std::fprintf(stderr, "error: the image %s: expected 1 to %zu bytes, got %s\n",
                     image.c_str(), sizeof ram, file ? std::to_string(size).c_str() : "no file");
        std::exit(1);
    }
    file.seekg(0);
    file.read(reinterpret_cast<char *>(&ram[0]), std::streamsize(size));
}

// What memory holds, to its last byte that is not zero.
void Simulation::dump(const std::string &path) {
    auto &ram = top.rootp->optin__DOT__main_ram;
    size_t words = sizeof ram / 4;
    while (words && !ram[words - 1]) words--;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(&ram[0]), std::streamsize(4 * words));
}

// The bytes of an argument, two digits each.
std::vector<uint8_t> bytes_of(const std::string &hex, const char *expected) {
    if (hex.size() % 2 || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
        throw std::invalid_argument(std::string("expected ") + expected + ", two digits a byte");
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < hex.size(); i += 2)
        bytes.push_back(uint8_t(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return bytes;
}

uint64_t number(const std::string &digits, const char *expected) {
    if (digits.empty() || digits.size() > 19 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
        throw std::invalid_argument(std::string("expected ") + expected);
    return std::stoull(digits);
}

void Simulation::add_commands() {
    control.add("uart", [this](const std::string &hex) {
        for (uint8_t byte : bytes_of(hex, "uart HEX")) line.send(byte);
        return std::string();
    });
    control.add("flash", [this](const std::string &argument) {
        const char *expected = "flash ADDRESS HEX";
        size_t end = std::min(argument.find(' '), argument.size());
        uint64_t address = number(argument.substr(0, end), expected);
        flash.put(address, bytes_of(argument.substr(std::min(end + 1, argument.size())), expected));
        return std::string();
    });
    control.add("flip", [this](const std::string &place) {
        fault.choose(context, place);
        fault.flip();
        return std::string();
    });
    control.add("spoil", [this](const std::string &place) {
        fault.choose(context, place);
        fault.spoil();
        return std::string();
    });
    control.add("seed", [this](const std::string &argument) {
        top.seed = number(argument, "seed N");
        return std::string();
    });
    control.add("time", [this](const std::string &ns) {
        top.sim_time = number(ns, "time NS");
        return std::string();
    });
    control.add("button", [this](const std::string &state) {
        if (state != "down" && state != "up")
            throw std::invalid_argument("expected button down, or button up");
        top.button = state == "down";
        return std::string();
    });
    control.add("lamp", [this](const std::string &) { return top.lamp ? "on" : "off"; });
    control.add("cycle", [this](const std::string &) { return std::to_string(cycle); });
    control.add("pause", [this](const std::string &) {
        pause_at = cycle;
        return std::to_string(cycle);
    });
    control.add("resume", [this](const std::string &) {
        pause_at = UINT64_MAX;
        return std::string();
    });
    control.add("run", [this](const std::string &count) {
        pause_at = cycle + number(count, "run CYCLES");
        return std::to_string(pause_at);
    });
    control.add("cut", [this](const std::string &) {
        flash.cut(cycle);
        stop(POWER_CUT);
        return std::string();
    });
    control.add("word", [this](const std::string &argument) {
        uint64_t at = number(argument, "word ADDRESS") - MAIN_RAM;
        auto &ram = top.rootp->optin__DOT__main_ram;
        if (at >= sizeof ram || at % 4) throw std::invalid_argument("no word of main RAM");
        return std::to_string(ram[at / 4]);
    });
    control.add("quit", [this](const std::string &) {
        stop(0);
        return std::string();
    });
}

void Simulation::edge(bool rising) {
    top.clk = rising;
    top.eval();
#if VM_TRACE
    half_cycle++;
    if (cycle >= options.trace_from && cycle < options.trace_to)
        trace.dump(half_cycle * 10); // ns, at 50 MHz
#endif
}

// What is not done every cycle.
void Simulation::between() {
    control.due(cycle);
    do {
        line.poll();
        control.poll();
        if (cycle >= pause_at) usleep(1000);
    } while (cycle >= pause_at && running && !interrupted);
    flash.settle(cycle);
    if (cycle >= options.cut) {
        flash.cut(cycle);
        stop(POWER_CUT);
    }
    if (cycle >= options.max_cycles) stop(MAX_CYCLES_REACHED);
    if (interrupted) stop(128 + interrupted);
    next_poll = cycle + POLL_CYCLES;
    for (uint64_t at : {control.next(), pause_at, options.cut, options.max_cycles})
        if (at > cycle && at < next_poll) next_poll = at;
}

int Simulation::run() {
    auto began = std::chrono::steady_clock::now();
    while (true) {
        if (cycle >= next_poll) between();
        if (!running) break;
        line.tick(top, cycle);
        edge(true);
        cycle++;
        edge(false);
        if (fault.waits()) fault.watch();
        if (top.flash_clk != spi_clk || top.flash_cs_n != spi_cs_n) {
            spi_clk = top.flash_clk, spi_cs_n = top.flash_cs_n;
            top.flash_miso = flash.tick(spi_clk, spi_cs_n, top.flash_mosi, cycle);
        }
        if (top.sim_reset) load(options.image); // as a boot ROM would
        if (top.sim_exit) stop(top.sim_exit_code);
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    line.flush();
    if (!options.dump.empty()) dump(options.dump);
#if VM_TRACE
    trace.close();
#endif
    report(took.count());
    return status;
}

void Simulation::report(double seconds) const {
    std::fprintf(stderr, "%llu cycles, first byte at %llu, %.2f s, %.0f cycles a second\n",
                 (unsigned long long)cycle, (unsigned long long)line.first_byte_at, seconds,
                 double(cycle) / seconds);
    if (status == POWER_CUT) std::fprintf(stderr, "the power was cut\n");
    if (status == MAX_CYCLES_REACHED) std::fprintf(stderr, "stopped: that is --max-cycles\n");
}
} // namespace

int main(int count, char **arguments) {
    std::signal(SIGINT, [](int number) { interrupted = number; });
    std::signal(SIGTERM, [](int number) { interrupted = number; });
    std::signal(SIGPIPE, SIG_IGN);
    Options options(count, arguments);
    auto simulation = std::make_unique<Simulation>(options);
    return simulation->run();
}
