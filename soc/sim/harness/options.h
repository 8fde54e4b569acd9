// Options of the program, which soc/sim/__main__.py checks and explains.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

struct Options {
    std::string home, image, flash, script, trace, dump;
    int uart = -1, control = -1; // ports; -1 for none
    bool flash_fast = false, paced = false, paused = false;
    uint64_t max_cycles = UINT64_MAX, cut = UINT64_MAX, time = 0, seed = 1;
    uint64_t trace_from = 0, trace_to = UINT64_MAX;

    // Arguments are NAME=VALUE; ends the program at one that is unknown.
    Options(int count, char **arguments) {
        std::map<std::string, std::string *> texts{
            {"home", &home}, {"image", &image}, {"flash", &flash}, {"script", &script},
            {"trace", &trace}, {"dump", &dump},
        };
        std::map<std::string, int *> ports{{"uart", &uart}, {"control", &control}};
        std::map<std::string, bool *> switches{
            {"flash-fast", &flash_fast}, {"paced", &paced}, {"paused", &paused},
        };
        std::map<std::string, uint64_t *> numbers{
            {"max-cycles", &max_cycles}, {"cut", &cut}, {"time", &time}, {"seed", &seed},
            {"trace-from", &trace_from}, {"trace-to", &trace_to},
        };
        for (int i = 1; i < count; i++) {
            std::string argument = arguments[i];
            auto equals = argument.find('=');
            auto name = argument.substr(0, equals);
            auto value = equals == std::string::npos ? "" : argument.substr(equals + 1);
            if (texts.count(name)) *texts[name] = value;
            else if (ports.count(name)) *ports[name] = std::stoi(value);
            else if (switches.count(name)) *switches[name] = value == "1";
            else if (numbers.count(name)) *numbers[name] = std::stoull(value);
            else {
                std::fprintf(stderr, "error: no option %s\n", name.c_str());
                std::exit(1);
            }
        }
    }
};
