#include "fault.h"

#include <cstring>
#include <sstream>
#include <stdexcept>
#include <verilated_sym_props.h>
#include <verilated_syms.h>

void Fault::choose(const VerilatedContext &context, const std::string &argument) {
    std::istringstream words(argument);
    std::string name, rest;
    uint64_t number;
    if (!(words >> name >> number) || words >> rest)
        throw std::invalid_argument("expected NAME BIT");
    const VerilatedScope *scope = context.scopeFind("TOP.optin");
    const VerilatedVar *found = scope ? scope->varFind(name.c_str()) : nullptr;
    if (!found)
        throw std::invalid_argument("no register " + name +
                                    " to flip: expected one of faults.vlt, and --faulty");
    uint64_t width = uint64_t(found->packed().elements());
    uint64_t elements = found->udims() ? uint64_t(found->unpacked().elements()) : 1;
    if (number >= width * elements)
        throw std::invalid_argument("expected bits 0 to " + std::to_string(width * elements - 1));
    waiting = false;
    size = found->entSize();
    word = static_cast<uint8_t *>(found->datap()) + number / width * size;
    bit = unsigned(number % width);
}

void Fault::flip() {
    word[bit / 8] ^= uint8_t(1 << bit % 8);
    waiting = false;
}

void Fault::spoil() {
    std::memcpy(before, word, size);
    waiting = true;
}

void Fault::watch() {
    if (std::memcmp(before, word, size)) flip();
}
