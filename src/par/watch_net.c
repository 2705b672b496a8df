/* watch_net.c: datagrams between the watching threads: sockets and addresses. */
#include "shy_config.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "watch_impl.h"

enum { RECEIVE_ROOM = 1 << 22 }; /* bytes: thousands of ranks may speak at once */

int shy_watch_socket(uint16_t *port_out)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};
    socklen_t size = sizeof here;
    const int room = RECEIVE_ROOM, s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    *port_out = 0;
    if (s < 0) return -1;
    (void)setsockopt(s, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(s, (const struct sockaddr *)&here, size) != 0 || getsockname(s, (struct sockaddr *)&here, &size) != 0) {
        close(s);
        return -1;
    }
    *port_out = here.sin_port;
    return s;
}

void shy_watch_addresses(shy_watch_place *place)
{
    struct ifaddrs *all;

    place->address[0].s_addr = htonl(INADDR_LOOPBACK);
    place->addresses = 1;
    if (getifaddrs(&all) != 0) return;
    for (const struct ifaddrs *i = all; i != NULL && place->addresses < SHY_ADDRESSES_MAX; i = i->ifa_next) {
        struct sockaddr_in address;
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) != 0 || (i->ifa_flags & IFF_UP) == 0) continue;
        memcpy(&address, i->ifa_addr, sizeof address);
        place->address[place->addresses++] = address.sin_addr;
    }
    freeifaddrs(all);
}

void shy_watch_send(int socket, const shy_watch_beat *beat, const shy_watch_place *place, const struct sockaddr_in *answered)
{
    if (answered->sin_port != 0) {
        (void)sendto(socket, beat, sizeof *beat, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)answered, sizeof *answered);
        return;
    }
    for (int k = 0; k < place->addresses; k++) {
        const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = place->port, .sin_addr = place->address[k]};
        (void)sendto(socket, beat, sizeof *beat, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof to);
    }
}

bool shy_watch_receive(int socket, uint64_t token, double seconds, shy_watch_beat *beat_out, struct sockaddr_in *from_out)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    socklen_t size = sizeof *from_out;

    if (poll(&wait, 1, seconds > 0.0 ? (int)(seconds * 1e3) + 1 : 0) <= 0) return false;
    const ssize_t count = recvfrom(socket, beat_out, sizeof *beat_out, MSG_DONTWAIT, (struct sockaddr *)from_out, &size);
    return count == (ssize_t)sizeof *beat_out && beat_out->token == token && size == sizeof *from_out;
}
