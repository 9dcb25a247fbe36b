"""Statistics over seeds and datasets: intervals, comparisons with Holm, ranks with ranges, blocks. No torch."""
