"""What an author of a package tests: that genbench finds its parts, and that they keep their promises."""

from genbench import testing


def test_the_model_keeps_its_promises():
    testing.check_model("per-pixel-beta", datasets=["digits"])


def test_the_metric_gives_values_in_its_range():
    testing.check_metric("mean-gap", datasets=["digits"])


def test_the_evaluation_measures_the_same_twice():
    testing.check_evaluation("denoising", datasets=["digits"])
