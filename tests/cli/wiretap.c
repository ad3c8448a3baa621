// SPDX-License-Identifier: Apache-2.0
/* wiretap record INTERFACE FOLDER   writes what passes over TCP, a file for each direction of a
 *                                   connection, until SIGTERM; fails when it missed a packet
 * wiretap sink PORT                 takes one connection on PORT and throws away what comes */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>

enum { STREAMS = 256, PACKET = 1 << 18, BUFFER = 64 << 20, LINK = 14, SYN = 0x02 };

struct stream {
    uint8_t ends[12]; // both addresses and both ports, as they stand in the packet
    uint32_t first;   // number of its first byte
    int file;
};

static struct stream streams[STREAMS];
static size_t stream_count;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static uint16_t two(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t four(const uint8_t *bytes)
{
    return (uint32_t)two(bytes) << 16 | two(bytes + 2);
}

static struct stream *stream_of(const uint8_t ends[12], const uint8_t *tcp, const char *folder)
{
    for (size_t i = stream_count; i > 0; i--) { // the newest first: ports are used again
        if (memcmp(streams[i - 1].ends, ends, 12) == 0 && (tcp[13] & SYN) == 0) {
            return &streams[i - 1];
        }
    }
    if ((tcp[13] & SYN) == 0 || stream_count == STREAMS) return NULL;
    char path[512];
    struct stream *stream = &streams[stream_count];
    snprintf(path, sizeof path, "%s/%03zu-%u-%u", folder, stream_count++, two(tcp), two(tcp + 2));
    memcpy(stream->ends, ends, 12);
    stream->first = four(tcp + 4) + 1;
    stream->file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return stream->file < 0 ? NULL : stream;
}

/* What comes twice or late lies where it belongs. */
static bool take_packet(const uint8_t *packet, size_t size, const char *folder)
{
    if (size < LINK + 40 || two(packet + 12) != ETH_P_IP) return true;
    const uint8_t *ip = packet + LINK;
    const size_t ip_size = (size_t)(ip[0] & 15) * 4, total = two(ip + 2);
    if (ip[9] != IPPROTO_TCP || total > size - LINK || ip_size + 20 > total) return true;
    const uint8_t *tcp = ip + ip_size;
    const size_t tcp_size = (size_t)(tcp[12] >> 4) * 4;
    uint8_t ends[12];
    memcpy(ends, ip + 12, 8);
    memcpy(ends + 8, tcp, 4);
    struct stream *stream = stream_of(ends, tcp, folder);
    if (stream == NULL) return false;
    if (ip_size + tcp_size >= total) return true;
    const size_t payload = total - ip_size - tcp_size;
    const uint32_t place = four(tcp + 4) - stream->first;
    if (place > 1u << 30) return true; // a probe of a connection that rests repeats a byte before
    return pwrite(stream->file, tcp + tcp_size, payload, place) == (ssize_t)payload;
}

static int record(const char *interface, const char *folder)
{
    static uint8_t packet[PACKET];
    struct ifreq request = {0};
    const int tap = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    const int buffer = BUFFER;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    if (tap < 0 || ioctl(tap, SIOCGIFINDEX, &request) != 0) return 2;
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = request.ifr_ifindex};
    setsockopt(tap, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    if (bind(tap, (struct sockaddr *)&address, sizeof address) != 0) return 2;
    const struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    puts("recording");
    fflush(stdout);
    bool whole = true;
    for (;;) {
        const ssize_t size = recv(tap, packet, sizeof packet, stopped ? MSG_DONTWAIT : 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) break;
        if (!take_packet(packet, (size_t)size, folder)) whole = false;
    }
    struct tpacket_stats statistics = {0};
    socklen_t length = sizeof statistics;
    getsockopt(tap, SOL_PACKET, PACKET_STATISTICS, &statistics, &length);
    printf("%u packets, %u missed\n", statistics.tp_packets, statistics.tp_drops);
    return whole && statistics.tp_drops == 0 ? 0 : 1;
}

static int sink(const char *port)
{
    static uint8_t bytes[PACKET];
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0) {
        return 2;
    }
    puts("listening");
    fflush(stdout);
    const int peer = accept(listener, NULL, NULL);
    if (peer < 0) return 2;
    while (recv(peer, bytes, sizeof bytes, 0) > 0) {
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "record") == 0) return record(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "sink") == 0) return sink(argv[2]);
    return 2;
}
