"""bench/ab gives a verdict where there is a difference, and hardly ever where there is none."""

import importlib.machinery
import importlib.util
import os
import random
import sys
import unittest

sys.dont_write_bytecode = True
AB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "ab")
loader = importlib.machinery.SourceFileLoader("ab", AB)
ab = importlib.util.module_from_spec(importlib.util.spec_from_loader("ab", loader))
loader.exec_module(ab)

NUM_ROWS = 14


def made_up_rounds(random_numbers, num_rounds, effects):
    """Noise of 5 % on every figure, with a machine that is now and then half as fast."""
    def figures(factors):
        pace = 0.5 if random_numbers.random() < 0.2 else 1.0
        return {("stages", f"stage {i}", "MB/s"):
                100.0 * (i + 1) * factor * pace * random_numbers.lognormvariate(0, 0.05)
                for i, factor in enumerate(factors)}
    return [(figures([1.0] * len(effects)), figures(effects)) for _ in range(num_rounds)]


def verdicts(rounds):
    return [row["verdict"] for row in ab.compared(rounds)]


class Verdicts(unittest.TestCase):
    def test_few_rounds_give_no_verdict_whatever_they_say(self):
        effects = [0.5, 2.0] * (NUM_ROWS // 2)
        for num_rounds in range(1, ab.rounds_needed(NUM_ROWS)):
            rounds = made_up_rounds(random.Random(1), num_rounds, effects)
            self.assertEqual(verdicts(rounds), ["-"] * NUM_ROWS)

    def test_revisions_that_do_not_differ_get_a_verdict_in_at_most_one_table_of_twenty(self):
        random_numbers = random.Random(2)
        for num_rounds in (2, 7, 10, 11, 15):
            num_tables = 400
            num_wrong = sum(
                any(v != "-" for v in
                    verdicts(made_up_rounds(random_numbers, num_rounds, [1.0] * NUM_ROWS)))
                for _ in range(num_tables))
            self.assertLessEqual(num_wrong, 0.05 * num_tables + 10, f"{num_rounds} rounds")

    def test_a_difference_is_found_and_named(self):
        effects = [1.0] * NUM_ROWS
        effects[3], effects[5] = 0.6, 1.7
        found = verdicts(made_up_rounds(random.Random(3), 21, effects))
        self.assertEqual((found[3], found[5]), ("slower", "quicker"))
        self.assertEqual(found.count("-"), NUM_ROWS - 2)

    def test_a_difference_of_less_than_a_percent_is_none_however_often_it_is_seen(self):
        key = ("stages", "parse", "MB/s")
        self.assertEqual(verdicts([({key: 1000.0}, {key: 1009.0})] * 30), ["-"])
        self.assertEqual(verdicts([({key: 1000.0}, {key: 1011.0})] * 30), ["quicker"])

    def test_memory_is_more_or_less(self):
        key = ("scan", "1 thread", "MB")
        self.assertEqual(verdicts([({key: 100.0}, {key: 90.0})] * 6), ["less"])
        self.assertEqual(verdicts([({key: 100.0}, {key: 110.0})] * 6), ["more"])
        self.assertEqual(verdicts([({key: 100.0}, {key: 110.0})] * 5), ["-"])

    def test_equal_figures_say_nothing(self):
        key = ("stages", "parse", "MB/s")
        row = ab.compared([({key: 100.0}, {key: 100.0})] * 20)[0]
        self.assertEqual((row["agree"], row["untied"], row["chance"]), (0, 0, 1.0))


class Chance(unittest.TestCase):
    def test_is_that_of_a_two_sided_sign_test(self):
        self.assertAlmostEqual(ab.chance_of(7, 7), 1 / 64)
        self.assertAlmostEqual(ab.chance_of(6, 7), 16 / 128)
        self.assertAlmostEqual(ab.chance_of(8, 10), 2 * (45 + 10 + 1) / 1024)
        self.assertEqual(ab.chance_of(5, 10), 1.0)

    def test_rounds_needed_are_what_the_help_says(self):
        self.assertEqual([ab.rounds_needed(n) for n in (1, 12, 13, 25)], [6, 9, 10, 10])
        self.assertIn("9 are needed for up to 12 rows, 10 for up to 25", ab.__doc__)


if __name__ == "__main__":
    unittest.main()
