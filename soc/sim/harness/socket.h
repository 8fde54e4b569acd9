// Sockets on loopback that never make the simulation wait.
#pragma once

// Listen on 127.0.0.1:port, for one client at a time; port gets the one that was free if it is 0.
// Ends the program where that cannot be.
int listen_on_loopback(int &port);

// The next client, or -1; reading and writing never wait.
int accept_one(int listener);
