#!/usr/bin/env python3
"""Runs the jobs of one backup in a rig and says what they cost.

bacula.py RIG ENTRIES JOB...   RIG is e2e/bacula/rig, started, its FD idle; the jobs run side by side

Fails unless each job ends as OK, without an error, and they have ENTRIES files together. Its last line is for
'measure.py run --walk output'. seconds= begins when the Director has connected to the FD, and ends when the FD
has sent its last bytes and its last backend is gone: what precedes is the Director's queue, what follows its
catalog. Processor time is that of /proc/PID/stat of the FD: its own, and that of the children it has reaped,
with theirs; so all backends must be gone, and have waited for what they started.
"""

import os
import subprocess
import sys
import time

LOOK_S = 0.01
# More than the words at a job's end.
DATA_BYTES = 4096
END_S = 30
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def call(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stdout}")
    return done.stdout.strip()


class Fd:
    """The File Daemon's process."""

    def __init__(self, pid):
        self.proc = f"/proc/{pid}"
        self.idle_sockets = self.sockets()
        self.begun = self.ended = None
        self.written = self.sent()

    def read(self, name):
        with open(f"{self.proc}/{name}") as text:
            return text.read()

    def sockets(self):
        found = 0
        for descriptor in os.listdir(f"{self.proc}/fd"):
            try:
                found += os.readlink(f"{self.proc}/fd/{descriptor}").startswith("socket:")
            except FileNotFoundError:
                continue
        return found

    def sent(self):
        return int(self.read("io").split("wchar:")[1].split()[0])

    def has_children(self):
        for task in os.listdir(f"{self.proc}/task"):
            try:
                if self.read(f"task/{task}/children").strip():
                    return True
            except (FileNotFoundError, ProcessLookupError):
                continue
        return False

    def cpu(self):
        """Seconds: own user and system, then the reaped children's."""
        return [int(ticks) * TICK_S for ticks in self.read("stat").rpartition(")")[2].split()[11:15]]

    def peak_kib(self):
        return int(self.read("status").split("VmHWM:")[1].split()[0])

    def look(self):
        now = time.monotonic()
        if self.begun is None and self.sockets() > self.idle_sockets:
            self.begun = now
        sent = self.sent()
        if sent - self.written >= DATA_BYTES or self.has_children():
            self.written = sent
            self.ended = now


def queued(rig, jobs, fd):
    """Begins jobs side by side, and looks at the FD meanwhile; their numbers."""
    calls = [subprocess.Popen([rig, "begin", job, "Full"], stdout=subprocess.PIPE, text=True) for job in jobs]
    while any(each.poll() is None for each in calls):
        fd.look()
        time.sleep(LOOK_S)
    numbers = [each.communicate()[0].strip() for each in calls]
    if any(each.returncode != 0 for each in calls):
        sys.exit("the Director does not start all jobs; see above")
    return numbers


def begin(rig, jobs, fd):
    """All at once, as a schedule does; their numbers, and those of jobs that do nothing. The Director lets the last
    one or two jobs that it was given wait for 2 to 4 seconds, unless more come."""
    return queued(rig, jobs, fd), queued(rig, ["nothing"], fd) + queued(rig, ["nothing"], fd)


def watch(rig, numbers, fd):
    """Until all jobs have ended: their rows."""
    waiting = [subprocess.Popen([rig, "result", number], stdout=subprocess.PIPE, text=True) for number in numbers]
    while any(each.poll() is None for each in waiting):
        fd.look()
        time.sleep(LOOK_S)
    return [each.communicate()[0].strip() for each in waiting]


def require_good(rig, numbers, rows, entries):
    stored = 0
    for number, row in zip(numbers, rows):
        print(row)
        words = dict(word.split("=", 1) for word in row.split() if "=" in word)
        if words.get("Status") != "T" or words.get("Errors") != "0":
            sys.exit(f"job {number} did not end well: {call(rig, 'joblog', number)}")
        stored += int(words["Files"])
    if stored != entries:
        sys.exit(f"the tree has {entries} entries, but the jobs {' '.join(numbers)} have {stored}")


def require_reaped(fd):
    until = time.monotonic() + END_S
    while fd.has_children():
        if time.monotonic() > until:
            sys.exit(f"a backend is there {END_S} s after its job's end: its processor time is not known")
        time.sleep(LOOK_S)


def main():
    rig, entries, jobs = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    fd = Fd(call(rig, "pid", "fd"))
    before = fd.cpu()
    numbers, nothing = begin(rig, jobs, fd)
    rows = watch(rig, numbers, fd)
    for number in nothing:
        call(rig, "result", number)
    require_good(rig, numbers, rows, entries)
    require_reaped(fd)
    used = [after - first for first, after in zip(before, fd.cpu())]
    own, children = sum(used[:2]), sum(used[2:])
    if fd.begun is None or fd.ended is None:
        sys.exit("the jobs were over before they were seen: take a larger tree")
    print(
        f"entries={entries} seconds={fd.ended - fd.begun:.3f} peak_kib={fd.peak_kib()}"
        f" user_s={used[0] + used[2]:.2f} system_s={used[1] + used[3]:.2f}"
        f" fd_us={own / entries * 1e6:.1f} backend_us={children / entries * 1e6:.1f}"
    )


main()
