# SPDX-License-Identifier: Apache-2.0
"""Sends each line of standard input (hex) as a UDP datagram with a source address of one's choice.

forge.py SOURCE-ADDRESS SOURCE-PORT ADDRESS PORT; needs CAP_NET_RAW; IPv4.
"""
import socket
import struct
import sys
import time

BURST = 50

source, source_port, target, target_port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

for number, line in enumerate(sys.stdin):
    payload = bytes.fromhex(line.strip())
    udp = struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload
    # the kernel fills in the length, the identification and the checksum
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source), socket.inet_aton(target))
    raw.sendto(ip + udp, (target, 0))
    if number % BURST == 0:
        time.sleep(0.002)
