#!/usr/bin/env python3
"""Tests of measure.py: python3 bench/lib/measure_test.py"""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from types import SimpleNamespace

sys.dont_write_bytecode = True
import measure  # noqa: E402

MEASURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "measure.py")


def runs(variant, *seconds):
    return [{"bench": "b", "variant": variant, "files": 0, "seconds": s, "peak_kib": 1, "user_s": 0, "system_s": 0} for s in seconds]


def wanted(**given):
    names = dict(bench="b", variant="a", against=None, less=None, figure="seconds", least=None, most=None)
    return SimpleNamespace(**{**names, **given})


def table(lines):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.flush()
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            measure.table(SimpleNamespace(result=file.name))
        return out.getvalue()


def ratio(text, variant):
    """The eighth column behind the name."""
    line = next(line for line in text.splitlines() if line.startswith(f"  {variant} "))
    return line.split()[8]


class SpreadTest(unittest.TestCase):
    def test_is_the_distance_of_the_extremes_over_the_median(self):
        self.assertAlmostEqual(measure.spread([8, 10, 13]), 0.5)
        self.assertEqual(measure.spread([5]), 0)
        self.assertEqual(measure.spread([0, 0]), 0)

    def test_a_quarter_is_allowed_and_more_is_not(self):
        self.assertFalse(measure.spreads([100, 100, 125]))
        self.assertTrue(measure.spreads([100, 100, 126]))


class BoundTest(unittest.TestCase):
    def test_judges_steady_runs(self):
        steady = runs("a", 10, 11, 12) + runs("w", 20, 22, 24)
        self.assertEqual(measure.judge(steady, wanted(against="w", most=0.5))[0], True)
        self.assertEqual(measure.judge(steady, wanted(against="w", most=0.4))[0], False)
        self.assertEqual(measure.judge(steady, wanted(least=11))[0], True)
        self.assertEqual(measure.judge(steady, wanted(least=11.1))[0], False)

    def test_refuses_where_either_side_spreads(self):
        for lines in (runs("a", 10, 10, 13) + runs("w", 20), runs("a", 10) + runs("w", 20, 20, 26)):
            kept, words = measure.judge(lines, wanted(against="w", most=0.9))
            self.assertIsNone(kept)
            self.assertIn("no ratio", words)
            self.assertNotIn("×", words)

    def test_takes_a_bound_for_kept_that_each_run_keeps_though_they_spread(self):
        wide = runs("a", 10, 12, 20)
        self.assertEqual(measure.judge(wide, wanted(most=20)), (True, "seconds of a: 10.00 to 20.00, at most 20.00"))
        self.assertIsNone(measure.judge(wide, wanted(most=9))[0])
        self.assertIsNone(measure.judge(wide, wanted(most=15))[0])
        self.assertIsNone(measure.judge(wide + runs("w", 30), wanted(against="w", most=1))[0])

    def test_takes_a_start_up_off(self):
        lines = runs("a", 6) + runs("w", 4) + runs("start", 2)
        kept, words = measure.judge(lines, wanted(against="w", less="start", most=1))
        self.assertEqual(kept, True)
        self.assertIn("1.00 × of w", words)

    def test_names_a_variant_that_did_not_run(self):
        with self.assertRaisesRegex(SystemExit, "no run of w"):
            measure.judge(runs("a", 1), wanted(against="w", most=1))


class TableTest(unittest.TestCase):
    def test_prints_ratios_of_steady_runs(self):
        text = table(runs("first", 10, 10) + runs("second", 20, 21))
        self.assertEqual(ratio(text, "second"), "2.05")
        self.assertNotIn("spread", text)

    def test_prints_no_ratio_where_the_reference_spreads(self):
        text = table(runs("first", 10, 14) + runs("second", 20, 21))
        self.assertEqual(ratio(text, "second"), "spread")
        self.assertIn("the runs of first differ by 33%", text)

    def test_prints_no_ratio_of_a_variant_that_spreads(self):
        text = table(runs("first", 10, 10) + runs("second", 20, 30) + runs("third", 5, 5))
        self.assertEqual(ratio(text, "second"), "spread")
        self.assertEqual(ratio(text, "third"), "0.50")

    def test_says_which_bounds_were_not_judged(self):
        bounds = [{"bench": "b", "bound": "x", "kept": kept} for kept in (True, False, None)]
        text = table(runs("first", 1) + bounds)
        self.assertIn("kept: x\n  BROKEN: x\n  NOT JUDGED: x", text)


class RunTest(unittest.TestCase):
    def test_adds_the_numbers_that_the_command_wrote(self):
        with tempfile.TemporaryDirectory() as directory:
            result, numbers = os.path.join(directory, "r"), os.path.join(directory, "n")
            arguments = ["run", "--bench", "b", "--variant", "a", "--result", result, "--figures", numbers, "--"]
            command = ["sh", "-c", f'echo \'{{"rate": 7, "seconds": 9, "word": "x"}}\' > {numbers}']
            status = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, MEASURE, *arguments, *command])
            self.assertEqual(status, 0)
            (line,) = measure.lines(result)
        self.assertEqual(line["rate"], 7)
        self.assertLess(line["seconds"], 9, "what is measured here stands")
        self.assertNotIn("word", line)
        self.assertIn("cores", line["machine"])


if __name__ == "__main__":
    unittest.main()
