/* watch_impl.h: datagrams with which ranks show that they live. */
#ifndef SHIHYO_WATCH_IMPL_H
#define SHIHYO_WATCH_IMPL_H

#include <netinet/in.h>

#include "par_impl.h"

enum { SHY_HOST_ROOM = 64, SHY_ADDRESSES_MAX = 16 };

/** Where rank 0 listens, by every way to its node; how its datagrams are told from others. The same on all ranks. */
typedef struct {
    uint64_t token;
    uint16_t port; /* in the order of the network; 0: it cannot */
    int addresses;
    struct in_addr address[SHY_ADDRESSES_MAX];
    char host[SHY_HOST_ROOM]; /* of rank 0 */
} shy_watch_place;

typedef struct {
    uint64_t token;
    int32_t rank;
    int32_t answer; /* from rank 0 */
    double waited, passed, memory;
} shy_watch_beat;

/** A socket for datagrams on any port, which it says; −1: there is none to be had. */
int shy_watch_socket(uint16_t *port_out);
/** The addresses of this node, loopback first. */
void shy_watch_addresses(shy_watch_place *place);
/** A sign of life to every address of the place, or to the one that has answered. Errors do not matter: the next one comes soon. */
void shy_watch_send(int socket, const shy_watch_beat *beat, const shy_watch_place *place, const struct sockaddr_in *answered);
/** Waits so long at most for a datagram of this token; false: none came. */
bool shy_watch_receive(int socket, uint64_t token, double seconds, shy_watch_beat *beat_out, struct sockaddr_in *from_out);

#endif
