/* A network between namespaces of this machine, for kernels without netem: a switch of full-duplex links.

     slow_link MBIT_PER_S DELAY_US NAMESPACE...

   Makes a TUN device "link" in each namespace, with the address 10.77.0.1, 10.77.0.2, ... in their order. A packet
   occupies the sender's link up and the receiver's link down for as long as its bits take at the rate, both at once
   where both are free, and arrives DELAY_US later. Runs until it is ended. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PORTS = 16, MTU = 9000, MOST_WAITING = 4096, FRAME = 38 /* of Ethernet, gap included */ };

struct packet {
  long long due;
  int bytes;
  unsigned char data[MTU];
};

/* A link down: what is on its way, in order. */
struct port {
  int tun;
  long long up_free, down_free;
  struct packet* waiting;
  unsigned first, count;
};

static struct port ports[MOST_PORTS];
static int port_count;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void set_address(int socket_fd, struct ifreq* request, unsigned long which, unsigned address) {
  struct sockaddr_in* in = (struct sockaddr_in*)&request->ifr_addr;
  memset(in, 0, sizeof(*in));
  in->sin_family = AF_INET;
  in->sin_addr.s_addr = htonl(address);
  if (ioctl(socket_fd, which, request) != 0) die("address");
}

static void open_port(struct port* port, const char* name, unsigned number) {
  char path[256];
  snprintf(path, sizeof(path), "/var/run/netns/%s", name);
  const int space = open(path, O_RDONLY);
  if (space < 0 || setns(space, CLONE_NEWNET) != 0) die(name);
  close(space);
  port->tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request = {0};
  strcpy(request.ifr_name, "link");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (port->tun < 0 || ioctl(port->tun, TUNSETIFF, &request) != 0) die("tun");
  const int any = socket(AF_INET, SOCK_DGRAM, 0);
  set_address(any, &request, SIOCSIFADDR, 0x0A4D0000 + number);
  set_address(any, &request, SIOCSIFNETMASK, 0xFFFFFF00);
  request.ifr_mtu = MTU;
  if (ioctl(any, SIOCSIFMTU, &request) != 0) die("mtu");
  request.ifr_qlen = 10000;
  if (ioctl(any, SIOCSIFTXQLEN, &request) != 0) die("queue");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(any, SIOCSIFFLAGS, &request) != 0) die("up");
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  if (ioctl(any, SIOCSIFFLAGS, &request) != 0) die("lo");
  close(any);
  port->waiting = malloc(sizeof(struct packet) * MOST_WAITING);
  if (port->waiting == NULL) die("memory");
}

/* Takes what has come from a port; whether there was anything. */
static int receive(struct port* from, double ns_per_byte, long long delay) {
  unsigned char data[MTU];
  const ssize_t bytes = read(from->tun, data, sizeof(data));
  if (bytes < 20) return bytes > 0;
  if (data[0] >> 4 != 4) return 1; /* IPv4 alone */
  const unsigned to = data[19];
  if (data[16] != 10 || data[17] != 77 || to < 1 || to > (unsigned)port_count) return 1;
  struct port* port = &ports[to - 1];
  if (port->count == MOST_WAITING) return 1; /* lost, as in a switch whose memory is full */
  const long long time = now(), bits = (long long)((double)(bytes + FRAME) * ns_per_byte);
  const long long begin = from->up_free > time ? from->up_free : time;
  from->up_free = begin + bits;
  port->down_free = (port->down_free > begin ? port->down_free : begin) + bits;
  struct packet* packet = &port->waiting[(port->first + port->count++) % MOST_WAITING];
  packet->due = port->down_free + delay;
  packet->bytes = (int)bytes;
  memcpy(packet->data, data, (size_t)bytes);
  return 1;
}

/* Hands on what is due; when the next is, or a second later. */
static long long deliver(long long time) {
  long long next = time + 1000000000LL;
  for (int i = 0; i < port_count; ++i) {
    struct port* port = &ports[i];
    while (port->count > 0 && port->waiting[port->first].due <= time) {
      const struct packet* packet = &port->waiting[port->first];
      if (write(port->tun, packet->data, (size_t)packet->bytes) < 0) { /* lost */
      }
      port->first = (port->first + 1) % MOST_WAITING;
      --port->count;
    }
    if (port->count > 0 && port->waiting[port->first].due < next) next = port->waiting[port->first].due;
  }
  return next;
}

int main(int count, char** words) {
  if (count < 5 || count - 3 > MOST_PORTS) {
    fprintf(stderr, "usage: slow_link MBIT_PER_S DELAY_US NAMESPACE NAMESPACE...\n");
    return 2;
  }
  const double ns_per_byte = 8e3 / atof(words[1]);
  const long long delay = (long long)(atof(words[2]) * 1e3);
  port_count = count - 3;
  for (int i = 0; i < port_count; ++i) open_port(&ports[i], words[3 + i], (unsigned)(i + 1));
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  struct pollfd polls[MOST_PORTS];
  for (int i = 0; i < port_count; ++i) polls[i] = (struct pollfd){ports[i].tun, POLLIN, 0};
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    const long long time = now(), wait = deliver(time) - time;
    const struct timespec timeout = {wait / 1000000000LL, wait % 1000000000LL};
    if (ppoll(polls, (nfds_t)port_count, &timeout, NULL) <= 0) continue;
    for (int i = 0; i < port_count; ++i)
      for (int burst = 0; burst < 16 && receive(&ports[i], ns_per_byte, delay); ++burst) {
      }
  }
}
