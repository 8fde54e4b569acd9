// The other end of the serial line: a TCP client on loopback, or a file for what the system says.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

class Line {
public:
    // Write what the system sends to a file descriptor; it gets only what send() is given.
    void print_to(int descriptor) { out = descriptor; }

    // Listen on 127.0.0.1:port (0: any free one); returns the port.
    int listen_on(int port);

    // Let a byte take its ten bits; else there may be one a cycle.
    void pace() { paced = true; }

    // Queue a byte for the system.
    void send(uint8_t byte) { to_system.push_back(byte); }

    // Exchange with client or file what is pending.
    void poll();

    // Wait until the client or the file has taken everything, or the client is gone.
    void flush();

    // Before a rising edge: set the inputs of the system. Its outputs do not hang on them within
    // a cycle, so that a transfer at the edge is known here.
    template <class Model> void tick(Model &model, uint64_t cycle) {
        model.serial_source_ready = from_system.size() < ROOM && cycle >= free_at;
        if (model.serial_source_valid && model.serial_source_ready) {
            from_system.push_back(char(model.serial_source_data));
            if (!first_byte_at) first_byte_at = cycle;
            free_at = cycle + byte_cycles(model.serial_tuning_word);
        }
        model.serial_sink_valid = !to_system.empty() && cycle >= next_at;
        if (model.serial_sink_valid) {
            model.serial_sink_data = to_system.front();
            if (model.serial_sink_ready) {
                to_system.pop_front();
                next_at = cycle + byte_cycles(model.serial_tuning_word);
            }
        }
    }

    uint64_t first_byte_at = 0;

private:
    // So many bytes wait here at most: then the system's transmitter has to.
    static constexpr size_t ROOM = 4096;

    uint64_t byte_cycles(uint32_t tuning_word) const {
        return paced && tuning_word ? (10ull << 32) / tuning_word : 1;
    }
    void accept_client();
    void receive();
    void drop_client();

    int out = -1, listener = -1, client = -1;
    bool paced = false;
    uint64_t next_at = 0, free_at = 0;
    std::deque<uint8_t> to_system;
    std::string from_system;
};
