#!/usr/bin/env python3
"""Copies bytes through a plain socket on the loopback, and measures a stream.

send FILE PORT    connects and sends the file
receive PORT      listens for one connection, and hands it to standard output
rate MIB          reads standard input to its end; its last line says how many MiB came in how many
                  seconds behind the first so many: entries=MIB seconds=S
"""

import os
import socket
import sys
import time

BLOCK = 1 << 20


def send(path, port):
    block = memoryview(bytearray(BLOCK))
    while True:
        try:
            peer = socket.create_connection(("127.0.0.1", int(port)))
            break
        except ConnectionRefusedError:
            time.sleep(0.01)
    with peer, open(path, "rb", buffering=0) as file:
        while n := file.readinto(block):
            peer.sendall(block[:n])


def receive(port):
    block = memoryview(bytearray(BLOCK))
    with socket.create_server(("127.0.0.1", int(port))) as server:
        peer, _ = server.accept()
        with peer:
            while n := peer.recv_into(block):
                sent = 0
                while sent < n:
                    sent += os.write(1, block[sent:n])


def rate(skipped):
    block = memoryview(bytearray(BLOCK))
    left = int(skipped) * BLOCK
    while left > 0 and (n := os.readv(0, [block])):
        left -= n
    total = 0
    begun = time.monotonic()
    while n := os.readv(0, [block]):
        total += n
    seconds = time.monotonic() - begun
    print(f"entries={total >> 20} seconds={seconds:.3f}")


{"send": send, "receive": receive, "rate": rate}[sys.argv[1]](*sys.argv[2:])
