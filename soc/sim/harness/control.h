// What may be done to a running simulation: lines of text, from a script with cycles before them
// or from a client of the control socket.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

class Control {
public:
    // Does what a line says; returns what there is to say to it.
    // Throws std::invalid_argument where the line makes no sense.
    using Action = std::function<std::string(const std::string &argument)>;

    void add(const std::string &name, Action action) { actions[name] = std::move(action); }

    // Read a script: a cycle and a command on each line, "#" for remarks. Ends the program where
    // a line has none.
    void script(const std::string &path);

    // Listen on 127.0.0.1:port (0: any free one); returns the port.
    int listen_on(int port);

    // The cycle of the next line of the script; the highest number where there is none.
    uint64_t next() const { return events.empty() ? UINT64_MAX : events.begin()->first; }

    // Do what the script has for this cycle and before.
    void due(uint64_t cycle);

    // Do what the client asks for; "ok" or "error", and more, go back to it.
    void poll();

private:
    std::string obey(const std::string &line);

    std::map<std::string, Action> actions;
    std::multimap<uint64_t, std::string> events;
    int listener = -1, client = -1;
    std::string pending;
};
