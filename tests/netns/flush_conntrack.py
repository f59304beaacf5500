# SPDX-License-Identifier: Apache-2.0
# Forgets all connections that netfilter tracks in this network namespace, as a home router does when its line
# comes up with another address.
import socket
import struct

NETLINK_NETFILTER = 12
CTNETLINK_DELETE = 1 << 8 | 2
NLM_F_REQUEST_ACK = 5

s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
s.send(struct.pack('=IHHIIBBH', 20, CTNETLINK_DELETE, NLM_F_REQUEST_ACK, 1, 0, 0, 0, 0))
error = struct.unpack('=i', s.recv(4096)[16:20])[0]
raise SystemExit(0 if error == 0 else f'conntrack: error {-error}')
