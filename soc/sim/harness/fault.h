// A bit of a register that turns over, as a particle or a glitch may do it.
#pragma once

#include <cstdint>
#include <string>
#include <verilated.h>

class Fault {
public:
    // Choose a bit: "NAME BIT", of a register that faults.vlt makes visible; those of a memory
    // are counted through its words. Throws std::invalid_argument where there is none.
    void choose(const VerilatedContext &context, const std::string &argument);

    // Flip it now.
    void flip();

    // Flip it as soon as its word has changed.
    void spoil();

    // After each cycle, while it waits.
    void watch();
    bool waits() const { return waiting; }

private:
    uint8_t *word = nullptr, before[8];
    size_t size = 0; // bytes of the word
    unsigned bit = 0; // in the word
    bool waiting = false;
};
