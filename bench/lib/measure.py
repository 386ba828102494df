#!/usr/bin/env python3
"""Runs commands alternately and compares them.

run: measure.py run --bench B --variant V --result FILE --files N [--ok 0,3] -- COMMAND…
     runs one command once, appends one JSON line: seconds, peak resident set (VmHWM),
     exit code, commit and machine. What is below about 12 MiB is this process's own, before exec.
     --walk whole: the whole run was a walk of the files. --walk output: its last line says entries=
     and seconds=, and whatever else is to be kept in place of the process's own. --walk ARCHIVE: the report of the archive's latest round says seen and scan_ms.
     --requests DIR: how many requests latencyfs got meanwhile, which is mounted at DIR.
     --figures JSON: the numbers of this file, which the command has written, are added.
bound: measure.py bound --result FILE --bench B --variant V [--against W] [--less S] --figure F --least|--most X
     records whether the median of F keeps a bound, as a ratio to another variant or by itself. With
     --less the median of F of variant S is taken off that of V first, such as a start-up.
table: measure.py table FILE
     prints, for each bench, the median and the spread of each variant, and the ratio to the first.
Where the runs of one side spread by more than SPREAD_LIMIT there is no ratio, and no bound is judged but
one without a ratio that each run keeps: the table says "spread" instead.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

# (max - min) / median: beyond it a machine was busy with something else, and a ratio would be a guess.
SPREAD_LIMIT = 0.25

# Of what latencyfs tells, these do not count up.
GAUGES = ("most_waiting", "inodes")


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


def requests(mountpoint):
    text = os.getxattr(mountpoint, "user.latencyfs.requests").decode()
    return {kind: int(count) for kind, count in (word.split("=") for word in text.split())}


def walk(kind, files, seconds, log):
    """What is known of the walk, by the names of the result's line."""
    if kind == "whole":
        return {"walk_entries": files, "walk_s": seconds}
    if kind == "output":
        with open(log) as text:
            words = dict(word.split("=") for word in text.readlines()[-1].split())
        figures = {"walk_entries": int(words.pop("entries")), "walk_s": float(words.pop("seconds"))}
        return figures | {name: float(value) for name, value in words.items()}
    rounds = os.path.join(kind, "rounds")
    latest = max((name for name in os.listdir(rounds) if name.isdigit()), key=int)
    with open(os.path.join(rounds, latest, "report.json")) as text:
        report = json.load(text)
    return {"walk_entries": report["seen"], "walk_s": report["scan_ms"] / 1000}


def spread(values):
    """How far apart runs of the same thing are."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def spreads(values):
    return spread(values) > SPREAD_LIMIT


def figures(path):
    with open(path) as text:
        return {name: value for name, value in json.load(text).items() if isinstance(value, (int, float))}


def run(arguments):
    log = arguments.result + ".log"
    load = os.getloadavg()[0]
    before = requests(arguments.requests) if arguments.requests else {}
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
    succeeded = str(child.returncode) in arguments.ok.split(",")
    if arguments.requests:
        after = requests(arguments.requests)
        line["requests"] = {kind: after[kind] - before[kind] for kind in after if kind not in GAUGES}
    if arguments.walk and succeeded:
        line |= walk(arguments.walk, arguments.files, seconds, log)
        line["walk_rate"] = round(line["walk_entries"] / max(line["walk_s"], 0.001))
    if arguments.figures and succeeded:
        line.update({name: value for name, value in figures(arguments.figures).items() if name not in line})
    append(arguments.result, line)
    if not succeeded:
        with open(log, errors="replace") as text:
            sys.stderr.write(text.read()[-4000:])
        sys.exit(f"measure: {arguments.variant} ended with {child.returncode}")
    os.remove(log)


# By what a bound's line says in "kept".
VERDICTS = {True: "kept", False: "BROKEN", None: "NOT JUDGED"}


def append(result, line):
    with open(result, "a") as results:
        results.write(json.dumps(line) + "\n")


def lines(result):
    with open(result) as results:
        return [json.loads(text) for text in results]


def judge(runs, arguments):
    """Whether the bound is kept, None where the runs spread too much, and the words for it."""
    figure = arguments.figure
    sides = {}
    for name in (arguments.variant, arguments.against, arguments.less):
        if name:
            sides[name] = [line[figure] for line in runs if line["variant"] == name]
            if not sides[name]:
                sys.exit(f"measure: {arguments.bench} has no run of {name}")
    value = statistics.median(sides[arguments.variant])
    what = f"{figure} of {arguments.variant}"
    if arguments.less:
        value -= statistics.median(sides[arguments.less])
        what += f" less {arguments.less}"
    most = arguments.most is not None
    limit = arguments.most if most else arguments.least
    wanted = f"at {'most' if most else 'least'} {limit:,.2f}"
    wide = [f"{name} by {spread(values):.0%}" for name, values in sides.items() if spreads(values)]
    if wide and len(sides) == 1:
        # There is no ratio to be refused, and a machine that is busy makes nothing faster.
        values = sides[arguments.variant]
        if all(each <= limit if most else each >= limit for each in values):
            return True, f"{what}: {min(values):,.2f} to {max(values):,.2f}, {wanted}"
    if wide:
        of = f" against {arguments.against}" if arguments.against else ""
        return None, f"{what}{of}, {wanted}: no ratio, the runs spread: {', '.join(wide)}"
    of = ""
    if arguments.against:
        value /= statistics.median(sides[arguments.against])
        of = f" × of {arguments.against}"
    return (value <= limit if most else value >= limit), f"{what}: {value:,.2f}{of}, {wanted}"


def bound(arguments):
    runs = [line for line in lines(arguments.result) if line["bench"] == arguments.bench and "variant" in line]
    kept, words = judge(runs, arguments)
    append(arguments.result, {"bench": arguments.bench, "bound": words, "kept": kept})


def table(arguments):
    benches = {}
    for line in lines(arguments.result):
        benches.setdefault(line["bench"], []).append(line)
    for bench, found in benches.items():
        variants = {}
        for line in found:
            if "variant" in line:
                variants.setdefault(line["variant"], []).append(line)
        print(f"\n{bench}")
        print(
            f"  {'':<26} {'runs':>4} {'median s':>9} {'min':>8} {'max':>8}"
            f" {'files/s':>10} {'peak MiB':>9} {'cpu s':>7} {'time ×':>7} {'walk s':>8} {'walked/s':>9}"
        )
        reference = None
        for variant, runs in variants.items():
            seconds = [line["seconds"] for line in runs]
            median = statistics.median(seconds)
            reference = reference or seconds
            ratio = "spread" if spreads(seconds) or spreads(reference) else f"{median / statistics.median(reference):.2f}"
            files = runs[0]["files"]
            rate = f"{files / median:,.0f}" if files else "-"
            peak = statistics.median(line["peak_kib"] for line in runs) / 1024
            cpu = statistics.median(line["user_s"] + line["system_s"] for line in runs)
            walk_s = walk_rate = "-"
            if "walk_s" in runs[0]:
                walk_s = f"{statistics.median(line['walk_s'] for line in runs):.3f}"
                walk_rate = f"{statistics.median(line['walk_rate'] for line in runs):,.0f}"
            print(
                f"  {variant:<26} {len(runs):>4} {median:>9.3f} {min(seconds):>8.3f} {max(seconds):>8.3f}"
                f" {rate:>10} {peak:>9.1f} {cpu:>7.2f} {ratio:>7} {walk_s:>8} {walk_rate:>9}"
            )
        for variant, runs in variants.items():
            counts = {kind: n for kind, n in runs[-1].get("requests", {}).items() if n}
            if counts:
                print(f"  requests of {variant}: {' '.join(f'{kind}={n}' for kind, n in counts.items())}")
        for variant, runs in variants.items():
            if "fd_us" in runs[0]:
                fd, backends = (statistics.median(line[name] for line in runs) for name in ("fd_us", "backend_us"))
                print(f"  processor µs an entry, {variant}: FD {fd:.1f}, backends {backends:.1f}, all {fd + backends:.1f}")
            width = spread([line["seconds"] for line in runs])
            if width > SPREAD_LIMIT:
                print(f"  spread: the runs of {variant} differ by {width:.0%} of their median, so no ratio to them is given")
        for line in found:
            if "bound" in line:
                print(f"  {VERDICTS[line['kept']]}: {line['bound']}")


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
    one.add_argument("--walk")
    one.add_argument("--requests")
    one.add_argument("--figures")
    one.add_argument("command", nargs="+")
    one.set_defaults(call=run)
    one_bound = commands.add_parser("bound")
    one_bound.add_argument("--bench", required=True)
    one_bound.add_argument("--variant", required=True)
    one_bound.add_argument("--against")
    one_bound.add_argument("--less")
    one_bound.add_argument("--figure", required=True)
    one_bound.add_argument("--least", type=float)
    one_bound.add_argument("--most", type=float)
    one_bound.add_argument("--result", required=True)
    one_bound.set_defaults(call=bound)
    print_table = commands.add_parser("table")
    print_table.add_argument("result")
    print_table.set_defaults(call=table)
    arguments = parser.parse_args()
    arguments.call(arguments)


if __name__ == "__main__":
    main()
