#include "control.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

void Control::script(const std::string &path) {
    std::ifstream file(path);
    if (!file) {
        std::fprintf(stderr, "error: the script %s: %s\n", path.c_str(), std::strerror(errno));
        std::exit(1);
    }
    std::string line;
    for (int number = 1; std::getline(file, line); number++) {
        line.erase(std::min(line.find('#'), line.size()));
        std::istringstream words(line);
        uint64_t cycle;
        std::string command;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        if (!(words >> cycle) || !std::getline(words >> std::ws, command)) {
            std::fprintf(stderr, "error: line %d of %s: expected a cycle and a command\n", number,
                         path.c_str());
            std::exit(1);
        }
        events.emplace(cycle, command);
    }
}

int Control::listen_on(int port) {
    listener = listen_on_loopback(port);
    return port;
}

void Control::due(uint64_t cycle) {
    while (next() <= cycle) {
        std::string command = events.begin()->second;
        events.erase(events.begin());
        std::string answer = obey(command);
        if (answer.compare(0, 2, "ok")) {
            std::fprintf(stderr, "the script at cycle %llu: %s\n", (unsigned long long)cycle,
                         answer.c_str());
            std::exit(1);
        }
    }
}

void Control::poll() {
    if (listener < 0) return;
    if (client < 0) client = accept_one(listener);
    if (client < 0) return;
    char bytes[4096];
    ssize_t count = recv(client, bytes, sizeof bytes, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        close(client);
        client = -1;
        pending.clear();
        return;
    }
    if (count > 0) pending.append(bytes, size_t(count));
    for (size_t end; (end = pending.find('\n')) != std::string::npos;) {
        std::string answer = obey(pending.substr(0, end)) + "\n";
        pending.erase(0, end + 1);
        send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
}

std::string Control::obey(const std::string &line) {
    std::istringstream words(line);
    std::string name, argument;
    words >> name;
    std::getline(words >> std::ws, argument);
    argument.erase(argument.find_last_not_of(" \t\r") + 1);
    auto action = actions.find(name);
    if (action == actions.end()) {
        std::string known;
        for (auto &[other, _] : actions) known += " " + other;
        return "error no command '" + name + "'; there are" + known;
    }
    try {
        std::string answer = action->second(argument);
        return answer.empty() ? "ok" : "ok " + answer;
    } catch (const std::invalid_argument &error) {
        return std::string("error ") + error.what();
    }
}
