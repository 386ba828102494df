#!/usr/bin/env python3
"""Runs commands alternately and compares them.

run: measure.py run --bench B --variant V --result FILE --files N [--ok 0,3] -- COMMAND…
     runs one command once, appends one JSON line: seconds, peak resident set (VmHWM),
     exit code, commit and machine. What is below about 12 MiB is this process's own, before exec.
table: measure.py table FILE
     prints, for each bench, the median and the spread of each variant, and the ratio to the first.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": pages >> 20,
        "kernel": platform.release(),
    }


def run(arguments):
    log = arguments.result + ".log"
    load = os.getloadavg()[0]
    with open(log, "wb") as out:
        begun = time.monotonic()
        child = subprocess.Popen(arguments.command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    line = {
        "bench": arguments.bench,
        "variant": arguments.variant,
        "repetition": arguments.repetition,
        "files": arguments.files,
        "seconds": round(seconds, 4),
        "peak_kib": usage.ru_maxrss,
        "user_s": round(usage.ru_utime, 3),
        "system_s": round(usage.ru_stime, 3),
        "exit": child.returncode,
        "load_before": round(load, 2),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": os.environ.get("BENCH_COMMIT", "unknown"),
        "machine": machine(),
    }
    with open(arguments.result, "a") as results:
        results.write(json.dumps(line) + "\n")
    if str(child.returncode) not in arguments.ok.split(","):
        with open(log, errors="replace") as text:
            sys.stderr.write(text.read()[-4000:])
        sys.exit(f"measure: {arguments.variant} ended with {child.returncode}")
    os.remove(log)


def table(arguments):
    runs = {}
    with open(arguments.result) as results:
        for text in results:
            line = json.loads(text)
            runs.setdefault(line["bench"], {}).setdefault(line["variant"], []).append(line)
    for bench, variants in runs.items():
        print(f"\n{bench}")
        print(
            f"  {'':<26} {'runs':>4} {'median s':>9} {'min':>8} {'max':>8}"
            f" {'files/s':>10} {'peak MiB':>9} {'cpu s':>7} {'time ×':>7}"
        )
        reference = None
        for variant, lines in variants.items():
            seconds = [line["seconds"] for line in lines]
            median = statistics.median(seconds)
            reference = reference or median
            files = lines[0]["files"]
            rate = f"{files / median:,.0f}" if files else "-"
            peak = statistics.median(line["peak_kib"] for line in lines) / 1024
            cpu = statistics.median(line["user_s"] + line["system_s"] for line in lines)
            print(
                f"  {variant:<26} {len(lines):>4} {median:>9.3f} {min(seconds):>8.3f} {max(seconds):>8.3f}"
                f" {rate:>10} {peak:>9.1f} {cpu:>7.2f} {median / reference:>7.2f}"
            )


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("run")
    one.add_argument("--bench", required=True)
    one.add_argument("--variant", required=True)
    one.add_argument("--repetition", type=int, default=0)
    one.add_argument("--result", required=True)
    one.add_argument("--files", type=int, default=0)
    one.add_argument("--ok", default="0")
    one.add_argument("command", nargs="+")
    one.set_defaults(call=run)
    print_table = commands.add_parser("table")
    print_table.add_argument("result")
    print_table.set_defaults(call=table)
    arguments = parser.parse_args()
    arguments.call(arguments)


main()
