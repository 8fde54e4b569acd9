#include "line.h"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

int Line::listen_on(int port) {
    listener = listen_on_loopback(port);
    return port;
}

void Line::poll() {
    if (listener >= 0 && client < 0) client = accept_one(listener);
    if (client >= 0) receive();
    int to = client >= 0 ? client : out;
    if (to < 0 || from_system.empty()) return;
    ssize_t count = client >= 0 ? ::send(to, from_system.data(), from_system.size(), MSG_NOSIGNAL)
                                : write(to, from_system.data(), from_system.size());
    if (count > 0) from_system.erase(0, size_t(count));
    else if (count < 0 && errno != EAGAIN && errno != EINTR) drop_client();
}

void Line::flush() {
    while (!from_system.empty() && (client >= 0 || out >= 0)) {
        pollfd wait{client >= 0 ? client : out, POLLOUT, 0};
        ::poll(&wait, 1, -1);
        poll();
    }
}

void Line::receive() {
    uint8_t bytes[ROOM];
    if (to_system.size() >= ROOM) return; // TCP makes the client wait
    ssize_t count = recv(client, bytes, sizeof bytes, 0);
    if (count > 0) to_system.insert(to_system.end(), bytes, bytes + count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR)) drop_client();
}

// What it did not take stays for the next one.
void Line::drop_client() {
    if (client >= 0) close(client);
    client = -1;
}
