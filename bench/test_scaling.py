"""python -m unittest bench/test_scaling.py: the arithmetic, without running anything."""
import pathlib, sys, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import scaling


class Scaling(unittest.TestCase):
    def test_growth_is_the_worst_over_any_smaller_batch(self):
        self.assertEqual(scaling.growth([(1, 1.0), (2, 2.0), (4, 3.0)]), [1, 1, 0.75])
        # The last is linear from the one before, but not from the first.
        self.assertEqual(scaling.growth([(1, 1.0), (2, 3.0), (4, 6.0)]), [1, 1.5, 1.5])

    def test_table_has_time_a_row(self):
        text = scaling.table("vae", [(32, 1.6), (64, 2.4)])
        self.assertIn("| 32 | 1.600 | 50.00 | 1.00 |", text)
        self.assertIn("| 64 | 2.400 | 37.50 | 0.75 |", text)


if __name__ == "__main__":
    unittest.main()
