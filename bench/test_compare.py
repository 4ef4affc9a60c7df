"""python -m unittest bench/test_compare.py: the table's arithmetic, without running a framework."""
import pathlib, sys, unittest
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import compare


def options(**more):
    o = dict(sweep=False, workloads=["vae"], dlc="dlc", peers=["torch", "jax"], rounds=3, steps=5,
             threads=2, losses=0)
    return SimpleNamespace(**{**o, **{k: None for k in compare.SHAPES}, **more})


def fake(times, losses=None):
    """Stands in for compare.run: the next time of a framework, None where it fails."""
    def run(command):
        name = "dlc" if command[0] == "dlc" else command[2]
        if "--losses" in command: return dict(losses=losses[name])
        ms = times[name].pop(0)
        return ms and dict(step_ms=ms, first_step_s=ms / 10, peak_rss_mb=7, params={})
    return run


class Compare(unittest.TestCase):
    def measure(self, o, times, losses=None):
        with mock.patch.object(compare, "run", fake(times, losses)), \
                mock.patch.object(compare, "note", lambda text: None), \
                mock.patch.object(compare.subprocess, "run",
                                  lambda c: SimpleNamespace(returncode=0)):
            return compare.measure(o, "vae", {})

    def test_ratio_is_of_medians_to_the_fastest_peer(self):
        row = self.measure(options(), dict(dlc=[1, 9, 2], torch=[8, 8, 1], jax=[4, 5, 3]))
        self.assertEqual(row["frameworks"]["dlc"]["step_ms"], 2)
        self.assertEqual(row["ratio"], 0.5)
        self.assertEqual(row["failed"], 0)

    def test_failed_rounds_are_left_out_and_counted(self):
        row = self.measure(options(), dict(dlc=[None, 3, 5], torch=[None] * 3, jax=[2, 2, 2]))
        self.assertEqual(row["frameworks"]["torch"], {})
        self.assertEqual((row["ratio"], row["failed"]), (2, 1))
        self.assertIn("| vae | 4 | - | 2 | 2 |", compare.table([row], ["dlc", "torch", "jax"]))

    def test_residual_is_the_worst_relative_difference(self):
        times = dict(dlc=[1], torch=[1], jax=[1])
        for ours, expected in ([2.0, 1.1], 0.1), ([2.5, 1.0], 0.25):
            row = self.measure(options(rounds=1, losses=2), {k: [1] for k in times},
                               dict(dlc=ours, torch=[2.0, 1.0]))
            self.assertAlmostEqual(row["residual"], expected)

    def test_residual_shows_nan_and_missing_losses(self):
        for ours, expected in ([1.0, float("nan")], "nan"), ([1.0], "-"):
            row = self.measure(options(rounds=1, losses=2), dict(dlc=[1], torch=[1], jax=[1]),
                               dict(dlc=ours, torch=[2.0, 1.0]))
            self.assertEqual(compare.show(row["residual"]), expected)

    def test_share_of_the_peak_and_mean_ratio_are_in_the_table(self):
        row = dict(workload="vae", threads=2, ratio=0.5, residual=None,
                   frameworks=dict(dlc=dict(step_ms=2.0, flops=3e8)))
        # 0.3 GFLOP in 2 ms are 150 GFLOP/s.
        self.assertAlmostEqual(compare.share(row, 200), 75)
        self.assertIsNone(compare.share(row, None))
        text = compare.table([row, dict(row, ratio=0.125), dict(row, ratio=None)], ["dlc"], 200)
        self.assertIn("| vae | 2 | 0.5 | 75 |", text)
        self.assertIn("Geometric mean of the ratios: 0.25", text)

    def test_sweep_lets_given_sizes_win(self):
        self.assertEqual(compare.cases(options(batch=3)), [("vae", dict(batch=3))])
        swept = compare.cases(options(sweep=True, latent=5))
        self.assertEqual(len(swept), len(compare.SWEEP["vae"]))
        self.assertIn(("vae", dict(batch=7, latent=5)), swept)
        self.assertEqual(compare.title(*swept[0]), "vae batch=1 latent=5")

    def test_sweep_knows_only_sizes_that_the_workloads_have(self):
        from workloads import WORKLOADS
        self.assertEqual(list(compare.SWEEP), compare.WORKLOADS)
        for name, shapes in compare.SWEEP.items():
            for sizes in shapes: self.assertLessEqual(set(sizes), set(WORKLOADS[name]))

    def test_figures_have_three_digits(self):
        figures = [(0.0452, "0.0452"), (3.456, "3.46"), (195.4, "195"), (2e-7, "2.0e-07"),
                   (0, "0"), (None, "-")]
        for value, text in figures: self.assertEqual(compare.show(value), text)


if __name__ == "__main__":
    unittest.main()
