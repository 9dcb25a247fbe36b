"""Statistics over seeds and datasets: intervals, comparisons, ranks. No torch."""
