"""The air between two network namespaces: a TAP device in each, and every Ethernet frame carried from one to the other
late, or not at all. It does what `tc netem` does, for kernels without it, and for a cut that takes effect at once.

    air.py NAMESPACE:DEVICE NAMESPACE:DEVICE       (as root; the namespaces exist)

Prints "ready" when both devices stand. Each line on stdin is a JSON object that changes the weather from then on:
{"delayMs": 0, "lossPercent": 0, "isCut": false, "seed": 1}. Delay and loss count each way. Ends when stdin does.
"""

import fcntl
import heapq
import json
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
FRAME_BYTES_MAX = 65_536
FRAMES_WAITING_MAX = 20_000


def open_tap(name, namespace):
    """A device made here works for whoever holds its descriptor, wherever the device itself is moved to."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    made = f"tmair{os.getpid() % 10_000}{name[-1]}"
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", made.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", made, "netns", namespace, "name", name], check=True)
    return descriptor


def main():
    taps = []
    for place in sys.argv[1:3]:
        namespace, name = place.split(":")
        taps.append(open_tap(name, namespace))
    other = {taps[0]: taps[1], taps[1]: taps[0]}
    weather = {"delayMs": 0, "lossPercent": 0, "isCut": False}
    chance = random.Random(1)
    waiting = []  # (due, order, descriptor, frame)
    order = 0
    orders = b""
    print("ready", flush=True)
    while True:
        pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([sys.stdin.fileno(), *taps], [], [], pause)
        for source in readable:
            if source == sys.stdin.fileno():
                read = os.read(source, 65_536)
                if not read:
                    return
                *lines, orders = (orders + read).split(b"\n")
                for line in lines:
                    weather.update(json.loads(line))
                    if "seed" in weather:
                        chance = random.Random(weather.pop("seed"))
                    print("changed", flush=True)
                continue
            try:
                frame = os.read(source, FRAME_BYTES_MAX)
            except BlockingIOError:
                continue
            is_lost = weather["isCut"] or chance.random() * 100 < weather["lossPercent"]
            if is_lost or len(waiting) >= FRAMES_WAITING_MAX:
                continue
            order += 1
            heapq.heappush(waiting, (time.monotonic() + weather["delayMs"] / 1000, order, other[source], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            try:
                os.write(target, frame)
            except OSError:
                pass  # the device is down, as an interface without its cable


main()
